import { causedBy } from "#lib/events/envelope.ts";
import type { Cause } from "#lib/sql/cause.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { batchConsumer } from "#mixins/service/consumers.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { decide } from "../domain/decide.ts";
import { inputOf, learn, type OrderMessage, shouldAuthorize, UNKNOWN } from "../domain/payable.ts";
import { lockAccounts } from "../payables.store.ts";
import type { PaymentsDeps } from "../setup.ts";
import { Changes } from "./changes.ts";

/** A message about an order, and the event or job that caused it. */
export interface CausedMessage {
  message: OrderMessage;
  cause: Cause;
}

/** Declares a consumer by what its event says of an order. */
export const payableConsumer = batchConsumer<OrderMessage, PaymentsDeps>((ctx, intents) =>
  applyMessages(
    ctx,
    ctx.tx,
    intents.map(({ event, intent }) => ({ message: intent, cause: causedBy(event) })),
  ),
);

/**
 * Applies messages about many orders in two round trips: lock and read, decide, write. A payment begins when its order is
 * known and its stock reserved, in whatever order the two messages come. If an operation is in flight, what the order
 * wants becomes the payment's goal until the operation has ended.
 */
export async function applyMessages(
  { deps, env }: Pick<ServiceContext<PaymentsDeps>, "deps" | "env">,
  tx: Transaction,
  caused: readonly CausedMessage[],
): Promise<void> {
  const stored = await lockAccounts(tx, [...new Set(caused.map(({ message }) => message.orderId))]);
  const accounts = new Map(stored.map((account) => [account.payable.orderId, account]));
  const known = new Set(accounts.keys());
  const changes = new Changes(deps.operations);
  for (const { message, cause } of caused) {
    const { orderId } = message;
    const account = accounts.get(orderId) ?? { payable: { orderId, ...UNKNOWN }, payment: undefined };
    let payable = learn(account.payable, message);
    let { payment } = account;
    const input = inputOf(message, env.CAPTURE_ON);
    if (payable.created && shouldAuthorize(payable)) {
      payment = changes.start({ orderId, created: payable.created, cause }).stored;
      payable = { ...payable, paymentId: payment.paymentId };
    } else if (payment && input) {
      const decision = decide(payment.payment, input);
      // Any other decision means that there is nothing to do: the payment has ended, or its goal is known already.
      if (decision.kind === "next") payment = changes.decide(payment, decision, { cause }).stored;
    }
    if (payable !== account.payable) {
      const cancelReason = message.kind === "cancelled" ? message.reason : null;
      changes.setPayable(payable, { isKnown: known.has(orderId), cancelReason });
    }
    accounts.set(orderId, { payable, payment });
  }
  await changes.write(tx);
}

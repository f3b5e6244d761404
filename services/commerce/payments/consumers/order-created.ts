import { toMinor } from "#lib/contract/money.ts";
import { causedBy } from "#lib/events/envelope.ts";
import { onBatch } from "#mixins/service/consumers.ts";
import { recordCreated } from "../payables.store.ts";
import type { PaymentsDeps } from "../setup.ts";
import { startReadyPayments } from "../steps/start-payments.ts";

/** The order can be paid from now on. If its stock was reserved before this event arrived, its payment begins here. */
export const orderCreated = onBatch<"orders.OrderCreated", PaymentsDeps>("orders.OrderCreated", async (ctx, events) => {
  const orders = new Map(
    events.map(({ data }) => [
      data.orderId,
      {
        orderId: data.orderId,
        customerId: data.customerId,
        amountMinor: toMinor(data.totalAmount, data.currency),
        currency: data.currency,
        paymentMethodId: data.paymentMethodId,
      },
    ]),
  );
  const payables = await recordCreated(ctx.tx, [...orders.values()]);
  const causes = new Map(events.map((event) => [event.data.orderId, causedBy(event)]));
  const operations = await startReadyPayments(ctx.tx, payables, causes);
  if (operations.length > 0) ctx.tx.afterCommit(() => ctx.deps.operations.wake(operations));
});

import type { Cause } from "#lib/sql/cause.ts";
import type { ConsumerContext } from "#mixins/service/consumers.ts";
import { decide } from "../domain/decide.ts";
import type { Input } from "../domain/payment.ts";
import type { StoredPayment } from "../payments.store.ts";
import type { PaymentsDeps } from "../setup.ts";
import { type DecidedPayment, recordDecisions } from "./record-decisions.ts";

/**
 * Gives one input to each of many payments, locked by the caller, and records what follows. Payments without an input
 * stay unchanged.
 */
export async function decidePayments(
  ctx: Pick<ConsumerContext<PaymentsDeps>, "tx" | "cause" | "deps">,
  payments: readonly StoredPayment[],
  causes: ReadonlyMap<string, Cause>,
  inputFor: (orderId: string) => Input | undefined,
): Promise<void> {
  const decided = payments.flatMap((stored): DecidedPayment[] => {
    const input = inputFor(stored.orderId);
    if (!input) return [];
    const decision = decide(stored.payment, input);
    // Any other decision means that there is nothing to do: the payment has ended, or its goal is known already.
    return decision.kind === "next" ? [{ stored, decision, cause: causes.get(stored.orderId) ?? ctx.cause }] : [];
  });
  const operationIds = (await recordDecisions(ctx.tx, decided)).filter((id) => id !== undefined);
  if (operationIds.length > 0) ctx.tx.afterCommit(() => ctx.deps.operations.wake(operationIds));
}

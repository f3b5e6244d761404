import type { Cause } from "#lib/sql/cause.ts";
import type { ConsumerContext } from "#mixins/service/consumers.ts";
import type { PaymentsDeps } from "../deps.ts";
import { decide } from "../domain/decide.ts";
import type { Input } from "../domain/payment.ts";
import type { StoredPayment } from "../payments.store.ts";
import { record, type Step } from "./record.ts";

/**
 * Puts one input to each of many payments, locked by the caller, and writes down what follows; those without an input
 * stay as they are.
 */
export async function decideAll(
  ctx: Pick<ConsumerContext<PaymentsDeps>, "tx" | "cause" | "deps">,
  payments: readonly StoredPayment[],
  causes: ReadonlyMap<string, Cause>,
  inputFor: (orderId: string) => Input | undefined,
): Promise<void> {
  const steps = payments.flatMap((stored): Step[] => {
    const input = inputFor(stored.orderId);
    if (!input) return [];
    const decision = decide(stored.payment, input);
    // Anything else means that there is nothing to do: it is over, or the wish is known.
    return decision.kind === "next" ? [{ stored, decision, cause: causes.get(stored.orderId) ?? ctx.cause }] : [];
  });
  const operations = (await record(ctx.tx, steps)).filter((id) => id !== undefined);
  if (operations.length > 0) ctx.tx.afterCommit(() => ctx.deps.operations.take(operations));
}

import type { Cause } from "../../../../mixins/events/outbox.ts";
import type { ConsumerContext } from "../../../../mixins/service.ts";
import type { PaymentsDeps } from "../deps.ts";
import { decide } from "../domain/decide.ts";
import type { Input } from "../domain/payment.ts";
import type { StoredPayment } from "../payment.store.ts";
import { record, type Step } from "./record.ts";

/** Puts one input to each of many payments, locked by the caller, and writes down what follows. */
export async function decideAll(
  ctx: ConsumerContext<PaymentsDeps>,
  payments: readonly StoredPayment[],
  causes: ReadonlyMap<string, Cause>,
  inputFor: (orderId: string) => Input,
): Promise<void> {
  const steps = payments.flatMap((stored): Step[] => {
    const decision = decide(stored.payment, inputFor(stored.orderId));
    // Anything else means that there is nothing to do: it is over, or the wish is known.
    return decision.kind === "next" ? [{ stored, decision, cause: causes.get(stored.orderId) ?? ctx.cause }] : [];
  });
  const operations = await record(ctx.tx, steps);
  if (operations.some((id) => id !== undefined)) ctx.tx.afterCommit(() => ctx.deps.operations.nudge());
}

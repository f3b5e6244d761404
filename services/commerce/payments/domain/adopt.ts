import type { Decision, Fact, InputOf, PaymentIn } from "./payment.ts";
import { rest } from "./pursue-goal.ts";
import { totalFundsOf } from "./split.ts";

/**
 * Takes over what the provider says of its part of a payment at rest. `heldMinor` is at most what we know of, and `capturedMinor` at
 * least: `compare` has seen to that.
 */
export function adopt(
  payment: PaymentIn<"authorized" | "captured" | "refunded">,
  { refundId, ...theirs }: InputOf<"observed">,
): Decision {
  const funds = totalFundsOf(payment, theirs);
  const { heldMinor, capturedMinor, refundedMinor } = funds;
  const facts: Fact[] = [];
  const captured = capturedMinor - payment.capturedMinor;
  const refunded = refundedMinor - payment.refundedMinor;
  if (captured > 0) facts.push({ kind: "completed", amountMinor: captured, totalMinor: capturedMinor });
  if (refunded > 0) {
    const reason = "refunded_at_provider";
    facts.push({ kind: "refunded", refundId, amountMinor: refunded, totalMinor: refundedMinor, reason });
  }
  if (refunded < 0) facts.push({ kind: "refundFailed", amountMinor: -refunded, totalMinor: refundedMinor });
  if (capturedMinor === 0 && heldMinor === 0) {
    const fact: Fact = { kind: "voided", amountMinor: payment.heldMinor, reason: "released_by_provider" };
    return { kind: "next", payment: { ...payment, ...funds, state: "voided" }, facts: [...facts, fact] };
  }
  if (capturedMinor === 0) return rest({ ...payment, ...funds, state: "authorized" }, facts);
  if (capturedMinor === refundedMinor && heldMinor === 0) {
    return { kind: "next", payment: { ...payment, ...funds, state: "refunded" }, facts };
  }
  return rest({ ...payment, ...funds, state: "captured" }, facts);
}

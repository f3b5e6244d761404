import type { Charge } from "./charge.ts";
import type { Input, InputOf, Payment } from "./payment.ts";
import { hasReleasedParts, providerFundsOf } from "./split.ts";

/** What a charge means to its payment. */
export type Comparison =
  | { kind: "agrees" }
  /** An operation is in flight: its own answer comes first. */
  | { kind: "busy" }
  /** The payment has to learn something. */
  | { kind: "input"; input: Input }
  /** Nobody but staff can decide this. */
  | { kind: "differs"; wrong: string };

/**
 * Compares the provider's part of a payment with its charge, as it was read while the payment did not change.
 * @param refundId the id of a refund that the provider made without us, if there is one
 */
export function compare(payment: Payment, charge: Charge, refundId: string): Comparison {
  switch (payment.state) {
    case "authorizing":
    case "confirming":
    case "capturing":
    case "voiding":
    case "refunding":
      return { kind: "busy" };
    case "requires_action":
      return charge.state === "waiting" ? { kind: "agrees" } : { kind: "input", input: { kind: "confirm" } };
    case "failed":
    case "voided":
      return isUnwanted(charge)
        ? { kind: "differs", wrong: `the payment is ${payment.state}, and the provider has ${saidOf(charge)}` }
        : { kind: "agrees" };
    case "authorized":
    case "captured":
    case "refunded":
      return compareFunds(payment, charge, refundId);
    default:
      return payment satisfies never;
  }
}

function compareFunds(
  payment: Extract<Payment, { state: "authorized" | "captured" | "refunded" }>,
  charge: Charge,
  refundId: string,
): Comparison {
  const { amountMinor, heldMinor, capturedMinor, refundedMinor } = providerFundsOf(payment);
  if (charge.fundsUnknown) {
    if (charge.state === "accepted") return { kind: "agrees" };
    return { kind: "differs", wrong: `the payment is ${payment.state}, and the provider says ${charge.state}` };
  }
  if (charge.capturedMinor < capturedMinor) {
    return { kind: "differs", wrong: `${capturedMinor} was captured, and the provider has ${saidOf(charge)}` };
  }
  if (charge.amountMinor !== amountMinor) {
    return { kind: "differs", wrong: `the provider's part is ${amountMinor}, the charge of ${charge.amountMinor}` };
  }
  if (charge.capturedMinor > capturedMinor && hasReleasedParts(payment)) {
    return { kind: "differs", wrong: `the rest was released, and the provider has ${saidOf(charge)}` };
  }
  const same =
    charge.capturedMinor === capturedMinor &&
    charge.refundedMinor === refundedMinor &&
    Math.min(charge.heldMinor, heldMinor) === heldMinor;
  if (same) return { kind: "agrees" };
  const input: InputOf<"observed"> = {
    kind: "observed",
    heldMinor: Math.min(charge.heldMinor, heldMinor),
    capturedMinor: charge.capturedMinor,
    refundedMinor: charge.refundedMinor,
    refundId,
  };
  return { kind: "input", input };
}

function isUnwanted({ heldMinor, capturedMinor, refundedMinor }: Charge): boolean {
  return heldMinor > 0 || capturedMinor > refundedMinor;
}

function saidOf({ heldMinor, capturedMinor, refundedMinor }: Charge): string {
  return `${heldMinor} held, ${capturedMinor} captured, ${refundedMinor} refunded`;
}

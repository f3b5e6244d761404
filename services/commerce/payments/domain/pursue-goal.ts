import { commonOf, type Decision, type Fact, type Funds, type NextOperation, type PaymentIn } from "./payment.ts";

/** A payment without an operation in flight, whose goal can be pursued. */
export type Resting = PaymentIn<"requires_action" | "authorized" | "captured">;

/** The operation that brings a resting payment closer to its goal. Held money is returned before captured money. */
function operationFor(payment: Resting): NextOperation | undefined {
  const { goal } = payment;
  switch (goal.kind) {
    case "none":
      return undefined;
    case "capture":
      if (payment.state === "requires_action") return undefined;
      if (payment.state === "captured" && payment.heldMinor === 0) return undefined;
      return { kind: "capture", amountMinor: payment.heldMinor };
    case "cancel": {
      const { reason } = goal;
      if (payment.state === "requires_action") return { kind: "void", amountMinor: 0, reason };
      if (payment.state === "authorized" || payment.heldMinor > 0) {
        return { kind: "void", amountMinor: payment.heldMinor, reason };
      }
      return { kind: "refund", amountMinor: payment.capturedMinor - payment.refundedMinor, reason };
    }
    case "replace":
      return payment.state === "requires_action" ? { kind: "void", amountMinor: 0, reason: REPLACED } : undefined;
    default:
      return goal satisfies never;
  }
}

/** Comes to rest, or begins the operation that the goal needs. */
export function rest(payment: Resting, facts: readonly Fact[] = []): Decision {
  const operation = operationFor(payment);
  return operation ? begin(payment, operation, facts) : { kind: "next", payment, facts };
}

export function begin(payment: Resting, operation: NextOperation, facts: readonly Fact[] = []): Decision {
  const funds = payment.state === "requires_action" ? NOTHING : fundsIn(payment);
  const state = ({ capture: "capturing", void: "voiding", refund: "refunding" } as const)[
    operation.kind as "capture" | "void" | "refund"
  ];
  return { kind: "next", payment: { state, ...commonOf(payment), ...funds }, operation, facts };
}

/** Why a payment is voided that gives way to another one. */
export const REPLACED = "another payment method";

export const NOTHING: Funds = { heldMinor: 0, capturedMinor: 0, refundedMinor: 0 };

function fundsIn({ heldMinor, capturedMinor, refundedMinor }: Funds): Funds {
  return { heldMinor, capturedMinor, refundedMinor };
}

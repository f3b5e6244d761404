import type { CustomerAction, Decline, Input, Wish } from "./payment.ts";

export const OPERATION_KINDS = ["authorize", "confirm", "capture", "void", "refund"] as const;
export type OperationKind = (typeof OPERATION_KINDS)[number];

/** What a provider said. Anything but an answer (an error, silence) leaves the operation unknown. */
export type Answer =
  | { kind: "authorized"; reference: string; last4: string | null; expiresAt: string }
  | { kind: "actionRequired"; reference: string; last4: string | null; action: CustomerAction }
  | { kind: "declined"; decline: Decline; reference?: string; last4?: string }
  /** `heldMinor` is what can still be captured. */
  | { kind: "captured"; heldMinor: number }
  | { kind: "voided" }
  | { kind: "refunded" };

/** What is written down of an operation that is over. */
export type Settled = Answer | { kind: "abandoned" };

interface Asked {
  kind: OperationKind;
  /** How often a worker has taken it up, this time included. */
  attempts: number;
}

/**
 * How to go about an operation. Taken up before, it may have reached the provider: that is asked what it knows of it,
 * and told again under the same key only if it knows nothing. Never taken up, and not wanted any more, it is dropped.
 */
export function approach({ kind, attempts }: Asked, wish: Wish["kind"]): "tell" | "findThenTell" | "abandon" {
  if (attempts > 1) return "findThenTell";
  return kind === "authorize" && wish === "cancel" ? "abandon" : "tell";
}

/**
 * Whether an end still holds when it is written down. An answer holds whoever heard it. Dropping an operation does not
 * when somebody else has taken it up meanwhile: that one tells the provider.
 */
export function holds(settled: Settled, attempts: { taken: number; now: number }): boolean {
  return settled.kind !== "abandoned" || attempts.taken === attempts.now;
}

/** What the end of an operation means to its payment. */
export function inputOf(
  operation: { operationId: string; amountMinor: number; reason: string | null },
  settled: Settled,
): Input {
  switch (settled.kind) {
    case "captured":
      return { kind: "captured", amountMinor: operation.amountMinor, heldMinor: settled.heldMinor };
    case "refunded":
      return {
        kind: "refunded",
        refundId: operation.operationId,
        amountMinor: operation.amountMinor,
        reason: operation.reason ?? "refunded",
      };
    case "actionRequired":
      return { kind: "actionRequired", action: settled.action };
    case "declined":
      return { kind: "declined", decline: settled.decline };
    case "authorized":
    case "voided":
    case "abandoned":
      return { kind: settled.kind };
    default:
      return settled satisfies never;
  }
}

/** How long to wait before the next attempt: doubled each time, up to a cap. */
export function backoffMs(attempts: number, bounds: { firstMs: number; capMs: number }): number {
  return Math.min(bounds.capMs, bounds.firstMs * 2 ** Math.min(attempts - 1, 30));
}

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

/** The key an operation is told under. Each generation has its own, written down before it is used. */
export function keyOf({ operationId, generation }: { operationId: string; generation: number }): string {
  return generation === 0 ? operationId : `${operationId}.${generation}`;
}

interface Asked {
  kind: OperationKind;
  /** How often a worker has taken it up, this time included. */
  attempts: number;
  /** How long its key has been spent, where it is. */
  spentMs: number | undefined;
}

/** How to go about an operation: whether to ask the provider what it knows of it, and what to do if that is nothing. */
export interface Approach {
  find: "no" | "quickly" | "certainly";
  otherwise: "tell" | "wait" | "renew" | "abandon";
}

/**
 * Taken up before, an operation may have reached the provider: that is asked what it knows, and told again under the
 * same key only if it knows nothing. Never taken up, and not wanted any more, it is dropped.
 *
 * A key is spent when the provider repeats a failure that it keeps under it: telling it again does nothing, for ever,
 * and the failure may have left something behind. After a time to settle, what the provider does not know has not
 * happened and never will, so the operation goes on under its next key, or is dropped.
 */
export function approach({ kind, attempts, spentMs }: Asked, wish: Wish["kind"], settlingMs: number): Approach {
  const unwanted = kind === "authorize" && wish === "cancel";
  if (spentMs !== undefined) {
    if (spentMs < settlingMs) return { find: "quickly", otherwise: "wait" };
    return { find: "certainly", otherwise: unwanted ? "abandon" : "renew" };
  }
  if (attempts > 1) return { find: "quickly", otherwise: "tell" };
  return { find: "no", otherwise: unwanted ? "abandon" : "tell" };
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

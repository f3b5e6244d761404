import type { CustomerAction, Decline, Goal, Input } from "./payment.ts";

export const OPERATION_KINDS = ["authorize", "confirm", "capture", "void", "refund"] as const;
export type OperationKind = (typeof OPERATION_KINDS)[number];

/** What a provider answers. Anything else (an error, a time-out) leaves the outcome of the operation unknown. */
export type Answer =
  | { kind: "authorized"; reference: string; last4: string | null; expiresAt: string }
  | { kind: "actionRequired"; reference: string; last4: string | null; action: CustomerAction }
  | { kind: "declined"; decline: Decline; reference?: string; last4?: string }
  /** `heldMinor` is what the provider can still capture. */
  | { kind: "captured"; heldMinor: number }
  | { kind: "voided" }
  | { kind: "refunded" };

/** The answer of an operation of which gift cards and store credit have all: no provider was asked. */
type OwnAnswer =
  | { kind: "authorized"; reference?: undefined; last4: null; expiresAt: string }
  | { kind: "captured"; heldMinor?: undefined }
  | { kind: "voided" | "refunded" };

/** How an operation ended. An abandoned one was never sent. */
export type Result = Answer | OwnAnswer | { kind: "abandoned" };

/**
 * The answer of an operation of which gift cards and store credit have all: it needs no provider. What they have reserved
 * does not expire by itself.
 */
export function answerWithoutProvider(kind: OperationKind, holdUntil: Date): OwnAnswer {
  switch (kind) {
    case "authorize":
    case "confirm":
      return { kind: "authorized", last4: null, expiresAt: holdUntil.toISOString() };
    case "capture":
      return { kind: "captured" };
    case "void":
      return { kind: "voided" };
    case "refund":
      return { kind: "refunded" };
    default:
      return kind satisfies never;
  }
}

/** The idempotency key under which an operation is sent. Each generation has its own, stored before it is used. */
export function keyOf({ operationId, generation }: { operationId: string; generation: number }): string {
  return generation === 0 ? operationId : `${operationId}.${generation}`;
}

/**
 * Whether the transaction that adds an operation may also claim it. One that the order does not want any more is left to
 * the queue: as nobody has claimed it, it can be abandoned instead of sent.
 */
export function canBeginAtOnce(
  { kind, delayMs }: { kind: OperationKind; delayMs: number },
  goal: Goal["kind"],
): boolean {
  return delayMs === 0 && !isUnwanted(kind, goal);
}

function isUnwanted(kind: OperationKind, goal: Goal["kind"]): boolean {
  return kind === "authorize" && goal === "cancel";
}

interface ClaimedFacts {
  kind: OperationKind;
  /** How often a worker has claimed it, this time included. */
  attempts: number;
  /** For how long its key has been spent; undefined while it is not. */
  spentMs: number | undefined;
}

/** How an attempt proceeds: how thoroughly to look the operation up at the provider, and what to do if it is not found. */
export interface NextStep {
  lookup: "none" | "quick" | "complete";
  otherwise: "send" | "wait" | "renewKey" | "abandon";
}

/**
 * An operation that was claimed before may have reached the provider. The provider is asked for it first, and gets it
 * again, under the same key, only if it does not know it. An operation that was never claimed and that the order does not
 * want any more is abandoned.
 *
 * A key is spent when the provider repeats a failure that it has stored under this key: sending the request again does
 * nothing, for ever, and the failed request may still have had an effect. After a time to settle, an effect that the
 * provider does not know has not happened and never will. Then the operation continues under its next key, or is
 * abandoned.
 */
export function nextStep({ kind, attempts, spentMs }: ClaimedFacts, goal: Goal["kind"], settlingMs: number): NextStep {
  const unwanted = isUnwanted(kind, goal);
  if (spentMs !== undefined) {
    if (spentMs < settlingMs) return { lookup: "quick", otherwise: "wait" };
    return { lookup: "complete", otherwise: unwanted ? "abandon" : "renewKey" };
  }
  if (attempts > 1) return { lookup: "quick", otherwise: "send" };
  return { lookup: "none", otherwise: unwanted ? "abandon" : "send" };
}

/**
 * Whether a result still counts when it is recorded. An answer of the provider always counts. An abandonment does not if
 * another worker has claimed the operation in the meantime, because that worker sends it.
 */
export function isCurrent(result: Result, attempts: { claimed: number; now: number }): boolean {
  return result.kind !== "abandoned" || attempts.claimed === attempts.now;
}

/** What the result of an operation means to its payment. */
export function inputFrom(
  operation: { operationId: string; amountMinor: number; reason: string | null },
  result: Result,
): Input {
  switch (result.kind) {
    case "captured":
      return { kind: "captured", amountMinor: operation.amountMinor, heldMinor: result.heldMinor };
    case "refunded":
      return {
        kind: "refunded",
        refundId: operation.operationId,
        amountMinor: operation.amountMinor,
        reason: operation.reason ?? "refunded",
      };
    case "actionRequired":
      return { kind: "actionRequired", action: result.action };
    case "declined":
      return { kind: "declined", decline: result.decline };
    case "authorized":
    case "voided":
    case "abandoned":
      return { kind: result.kind };
    default:
      return result satisfies never;
  }
}

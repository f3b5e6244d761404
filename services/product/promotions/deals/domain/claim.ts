/**
 * What has become of a claim of one piece.
 * - `queued`: it waits for a slot
 * - `granted`: it has a slot until `expiresAt`
 * - `ordered`: an order holds its slot
 * - `sold`: that order is paid
 * - `ended`: it has no slot, and gets none
 */
export type ClaimState =
  | { kind: "queued" }
  | { kind: "granted"; expiresAt: Date }
  | { kind: "ordered"; expiresAt: Date; use: ClaimUse }
  | { kind: "sold"; use: ClaimUse }
  | { kind: "ended"; reason: EndReason; use: ClaimUse | null };

/** The order that a claim is for, and by how much it lowers its price. */
export interface ClaimUse {
  orderId: string;
  amountMinor: number;
}

export const END_REASONS = ["given_back", "expired", "cancelled"] as const;
export type EndReason = (typeof END_REASONS)[number];

export interface Claim {
  claimId: string;
  dealId: string;
  customerId: string;
  /** Claims of a deal are numbered as they arrive. */
  number: number;
  /** The idempotency key of the request; null without one. */
  requestKey: string | null;
  state: ClaimState;
  grantedAt: Date | null;
  endedAt: Date | null;
}

/** What happens to a claim. */
export type ClaimChange =
  | { kind: "grant"; expiresAt: Date }
  | { kind: "expire" }
  | { kind: "giveBack" }
  | { kind: "order"; use: ClaimUse }
  /** The order was paid. */
  | { kind: "sell"; orderId: string }
  /** The order was cancelled. */
  | { kind: "cancel"; orderId: string }
  /** The order was not placed after all: its buyer may try again for as long as the claim lasts. */
  | { kind: "restore"; orderId: string };

/** Whether a claim takes one of the deal's slots. */
export function holdsSlot({ kind }: ClaimState): boolean {
  return kind === "granted" || kind === "ordered" || kind === "sold";
}

/** Whether a claim counts for what one customer may have. */
export function isLive({ kind }: ClaimState): boolean {
  return kind !== "ended";
}

/** What a change makes of a claim: late and repeated changes leave it as it is. */
export function afterChange(state: ClaimState, change: ClaimChange): ClaimState {
  switch (change.kind) {
    case "grant":
      return state.kind === "queued" ? { kind: "granted", expiresAt: change.expiresAt } : state;
    case "expire":
      return state.kind === "granted" ? { kind: "ended", reason: "expired", use: null } : state;
    case "giveBack":
      return state.kind === "granted" || state.kind === "queued"
        ? { kind: "ended", reason: "given_back", use: null }
        : state;
    case "order":
      return state.kind === "granted" ? { kind: "ordered", expiresAt: state.expiresAt, use: change.use } : state;
    case "sell":
      return isFor(state, change.orderId) && state.kind === "ordered" ? { kind: "sold", use: state.use } : state;
    case "cancel":
      return isFor(state, change.orderId) && (state.kind === "ordered" || state.kind === "sold")
        ? { kind: "ended", reason: "cancelled", use: state.use }
        : state;
    case "restore":
      return isFor(state, change.orderId) && state.kind === "ordered"
        ? { kind: "granted", expiresAt: state.expiresAt }
        : state;
    default:
      return change satisfies never;
  }
}

/** Whether an order has taken this claim. */
export function isFor(state: ClaimState, orderId: string): boolean {
  return "use" in state && state.use?.orderId === orderId;
}

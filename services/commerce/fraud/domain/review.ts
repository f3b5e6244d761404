/**
 * `open`: somebody has to decide. `approved`, `rejected`: somebody, a deadline or a late assessment has decided.
 * `closed`: the order was cancelled before, so that nothing is left to decide.
 */
export type ReviewStatus = "open" | "approved" | "rejected" | "closed";
export const reviewStatuses: readonly ReviewStatus[] = ["open", "approved", "rejected", "closed"];

export type Verdict = "approved" | "rejected";

/** `decide`: the review gets this verdict now. `same`: it has it already. `late`: it has ended otherwise. */
export type ReviewDecision = { kind: "decide"; verdict: Verdict } | { kind: "same" } | { kind: "late" };

/** A review is decided once. Whoever comes later changes nothing, and is told what it became. */
export function decideReview(status: ReviewStatus, verdict: Verdict): ReviewDecision {
  if (status === "open") return { kind: "decide", verdict };
  return status === verdict ? { kind: "same" } : { kind: "late" };
}

/** What an assessment means for an order that waits for a decision: a verdict, or undefined while somebody has to decide. */
export function verdictOf(decision: "accept" | "review" | "refuse"): Verdict | undefined {
  switch (decision) {
    case "accept":
      return "approved";
    case "refuse":
      return "rejected";
    case "review":
      return undefined;
    default:
      return decision satisfies never;
  }
}

import type { ModerationRule } from "./moderation.ts";

export const reviewStatuses = ["pending", "approved", "rejected"] as const;
export type ReviewStatus = (typeof reviewStatuses)[number];

/** What the shop shows of the ratings of a product is made of these. */
export interface Ratings {
  reviews: number;
  /** The sum of their ratings. */
  stars: number;
}

/**
 * The status of a review that its author has just written.
 * @param wasRejected staff rejected an earlier one and have approved none since: then they look at each new one
 */
export function statusOfWritten(broken: readonly ModerationRule[], wasRejected: boolean): ReviewStatus {
  return broken.length > 0 || wasRejected ? "pending" : "approved";
}

/** What one review adds to the ratings of its product; absent: there is none. */
function partOf(review: { status: ReviewStatus; rating: number } | undefined): Ratings {
  return review?.status === "approved" ? { reviews: 1, stars: review.rating } : { reviews: 0, stars: 0 };
}

/** How the ratings of a product change with one review. */
export function ratingsChange(
  before: { status: ReviewStatus; rating: number } | undefined,
  after: { status: ReviewStatus; rating: number } | undefined,
): Ratings {
  const [was, is] = [partOf(before), partOf(after)];
  return { reviews: is.reviews - was.reviews, stars: is.stars - was.stars };
}

/** With two decimals, as clients see it. */
export function averageOf({ reviews, stars }: Ratings): number {
  return Math.round((stars * 100) / reviews) / 100;
}

import type { ResultOf } from "#lib/contract/types.ts";
import type { reviews } from "./contract.ts";
import { averageOf, type Ratings } from "./domain/review.ts";
import type { ReviewRow } from "./reviews.store.ts";

type Shown = ResultOf<typeof reviews.actions.ofProduct>["reviews"][number];
type Whole = ResultOf<typeof reviews.actions.update>;

export function shownView(row: ReviewRow): Shown {
  const { reviewId, rating, title, text, author, verifiedPurchase, helpfulVotes, votes, answer, answeredAt } = row;
  return {
    ...{ reviewId, rating, title, text, verifiedPurchase, helpfulVotes, votes },
    ...(author === null ? {} : { author }),
    ...(answer === null || answeredAt === null
      ? {}
      : { answer: { text: answer, answeredAt: answeredAt.toISOString() } }),
    createdAt: row.createdAt.toISOString(),
    ...(row.editedAt ? { editedAt: row.editedAt.toISOString() } : {}),
  };
}

export function wholeView(row: ReviewRow): Whole {
  const { productId, customerId, status, brokenRules, reason, revision } = row;
  return {
    ...shownView(row),
    ...{ productId, customerId, status, brokenRules, revision },
    ...(reason === null ? {} : { reason }),
  };
}

export function ratingView(ratings: Ratings) {
  return { average: averageOf(ratings), count: ratings.reviews };
}

import type { Queryable } from "#lib/sql/transaction.ts";

/** The vote of a customer on a review. Whoever locks the review knows that it stays. */
export async function voteOf(tx: Queryable, reviewId: string, customerId: string): Promise<boolean | undefined> {
  const [row] = await tx.query<{ helpful: boolean }>(
    "SELECT helpful FROM review_vote WHERE review_id = $1 AND customer_id = $2",
    [reviewId, customerId],
  );
  return row?.helpful;
}

export async function saveVote(tx: Queryable, reviewId: string, customerId: string, helpful: boolean): Promise<void> {
  await tx.query(
    `INSERT INTO review_vote (review_id, customer_id, helpful) VALUES ($1, $2, $3)
     ON CONFLICT (review_id, customer_id) DO UPDATE SET helpful = excluded.helpful`,
    [reviewId, customerId, helpful],
  );
}

/** Writes what the votes on a locked review say together. */
export async function saveVotes(
  tx: Queryable,
  reviewId: string,
  counts: { helpfulVotes: number; votes: number; helpfulness: number },
): Promise<void> {
  await tx.query("UPDATE review SET helpful_votes = $2, votes = $3, helpfulness = $4 WHERE review_id = $1", [
    reviewId,
    counts.helpfulVotes,
    counts.votes,
    counts.helpfulness,
  ]);
}

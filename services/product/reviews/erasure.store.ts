import type { Queryable } from "#lib/sql/transaction.ts";

/**
 * Takes a customer off their reviews and votes, and forgets what they have bought. Each review and vote gets an author of its
 * own whom nobody knows, so that it cannot be seen which ones belong together.
 */
export async function anonymise(tx: Queryable, customerId: string): Promise<{ reviews: string[]; votes: number }> {
  const reviews = await tx.query<{ productId: string }>(
    `UPDATE review AS r SET customer_id = 'erased_' || gen_random_uuid(), author = NULL,
       was_verified = r.was_verified OR EXISTS (
         SELECT FROM purchase p
         WHERE p.customer_id = $1 AND p.paid AND NOT p.cancelled AND r.product_id = ANY (p.product_ids))
     WHERE customer_id = $1 RETURNING product_id AS "productId"`,
    [customerId],
  );
  const votes = await tx.query(
    "UPDATE review_vote SET customer_id = 'erased_' || gen_random_uuid() WHERE customer_id = $1 RETURNING 1",
    [customerId],
  );
  await tx.query("DELETE FROM rejection WHERE customer_id = $1", [customerId]);
  await tx.query("DELETE FROM purchase WHERE customer_id = $1", [customerId]);
  return { reviews: reviews.map(({ productId }) => productId), votes: votes.length };
}

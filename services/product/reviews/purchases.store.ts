import type { Queryable } from "#lib/sql/transaction.ts";
import type { Purchase } from "./domain/purchase.ts";

/** Adds what events say of orders to what is known of them, as `joined` does. @param purchases at most one of each order */
export async function savePurchases(tx: Queryable, purchases: readonly Purchase[]): Promise<void> {
  if (purchases.length === 0) return;
  await tx.query(
    `INSERT INTO purchase AS p (order_id, customer_id, product_ids, paid, cancelled)
     SELECT order_id, customer_id, ARRAY(SELECT json_array_elements_text(product_ids)), paid, cancelled
     FROM unnest($1::text[], $2::text[], $3::json[], $4::boolean[], $5::boolean[])
       AS n (order_id, customer_id, product_ids, paid, cancelled)
     ON CONFLICT (order_id) DO UPDATE SET
       product_ids = CASE WHEN cardinality(p.product_ids) > 0 THEN p.product_ids ELSE excluded.product_ids END,
       paid = p.paid OR excluded.paid, cancelled = p.cancelled OR excluded.cancelled
     WHERE excluded.paid > p.paid OR excluded.cancelled > p.cancelled
       OR cardinality(p.product_ids) = 0 AND cardinality(excluded.product_ids) > 0`,
    [
      purchases.map(({ orderId }) => orderId),
      purchases.map(({ customerId }) => customerId),
      purchases.map(({ productIds }) => JSON.stringify(productIds)),
      purchases.map(({ paid }) => paid),
      purchases.map(({ cancelled }) => cancelled),
    ],
  );
}

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
  await tx.query("DELETE FROM purchase WHERE customer_id = $1", [customerId]);
  return { reviews: reviews.map(({ productId }) => productId), votes: votes.length };
}

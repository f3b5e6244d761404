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

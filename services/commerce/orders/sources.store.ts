import type { Queryable } from "#lib/sql/transaction.ts";
import { orderLimits } from "./domain/limits.ts";
import type { OrderStatus } from "./domain/order.ts";
import type { PurchaseTerms } from "./domain/purchase-terms.ts";
import { type Address, RECEIPT, type ReceiptRow } from "./orders.store.ts";

/** The order that a source has become, with what was agreed to when it was placed. */
export type PlacedOrder = ReceiptRow &
  PurchaseTerms & { customerId: string; shippingAddress: Address; billingAddress: Address | null };

export async function findOrderOf(db: Queryable, source: string): Promise<PlacedOrder | undefined> {
  const [row] = await db.query<PlacedOrder>(
    `SELECT ${RECEIPT}, customer_id AS "customerId", payment_method_id AS "paymentMethodId",
            shipping_address AS "shippingAddress", billing_address AS "billingAddress", shipping_method AS "shippingMethod",
            email,
            (SELECT json_agg(json_strip_nulls(json_build_object('sku', sku, 'sellerId', seller_id, 'quantity', quantity,
                                                                'priceMinor', price_minor)))
             FROM order_line l WHERE l.order_id = o.order_id) AS lines
     FROM orders o WHERE source = $1`,
    [source],
  );
  return row;
}

/** What has become of a source: an order, nothing yet, or nothing for ever. */
export interface Fate {
  order: { orderId: string; status: OrderStatus } | null;
  abandoned: boolean;
}

export async function findFate(db: Queryable, source: string): Promise<Fate> {
  const [row] = await db.query<{ orderId: string | null; status: OrderStatus | null; abandoned: boolean }>(
    `SELECT o.order_id AS "orderId", o.status, EXISTS (SELECT FROM abandoned_source a WHERE a.source = s.source) AS abandoned
     FROM (SELECT $1::text AS source) s LEFT JOIN orders o USING (source)`,
    [source],
  );
  const { orderId = null, status = null, abandoned = false } = row ?? {};
  return { order: orderId === null || status === null ? null : { orderId, status }, abandoned };
}

/** Keeps a source from becoming an order, unless it is one. */
export async function abandonSource(db: Queryable, source: string): Promise<void> {
  await db.query("SELECT abandon_source($1)", [source]);
}

/** Deletes one batch of abandoned sources that are so old that no request for them can be under way any more. */
export async function forgetAbandonedSources(db: Queryable, limit: number): Promise<void> {
  await db.query(
    `DELETE FROM abandoned_source WHERE source = ANY
       (ARRAY(SELECT source FROM abandoned_source WHERE abandoned_at < now() - make_interval(days => $1) LIMIT $2))`,
    [orderLimits.ABANDONED_SOURCE_DAYS, limit],
  );
}

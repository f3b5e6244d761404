import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import type { OrderFacts, Sale, Share } from "./domain/sale.ts";

export interface NewSale extends Share {
  orderId: string;
  sellerId: string;
  customerId: string;
  currency: string;
}

/** Adds what is known of sales once, and the totals of their orders, which must be locked. */
export function insertSales(
  tx: Transaction,
  sales: readonly NewSale[],
  totals: readonly { orderId: string; totalMinor: number }[],
): void {
  tx.write(
    `INSERT INTO sale (order_id, seller_id, customer_id, currency, gross_minor, commission_minor)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
     ON CONFLICT DO NOTHING`,
    [
      sales.map(({ orderId }) => orderId),
      sales.map(({ sellerId }) => sellerId),
      sales.map(({ customerId }) => customerId),
      sales.map(({ currency }) => currency),
      sales.map(({ grossMinor }) => grossMinor),
      sales.map(({ commissionMinor }) => commissionMinor),
    ],
  );
  tx.write(
    `UPDATE sold_order o SET total_minor = t.total FROM unnest($1::text[], $2::bigint[]) AS t (order_id, total)
     WHERE o.order_id = t.order_id`,
    [totals.map(({ orderId }) => orderId), totals.map(({ totalMinor }) => totalMinor)],
  );
}

/** What is known of the money of locked orders only grows. Orders without goods of sellers have no row. */
export function noteMoney(
  tx: Transaction,
  paid: readonly string[],
  refunded: readonly { orderId: string; refundedMinor: number }[],
): void {
  if (paid.length > 0) tx.write("UPDATE sold_order SET is_paid = true WHERE order_id = ANY ($1::text[])", [paid]);
  if (refunded.length > 0)
    tx.write(
      `UPDATE sold_order o SET refunded_minor = greatest(o.refunded_minor, r.refunded)
       FROM (SELECT order_id, max(refunded) AS refunded FROM unnest($1::text[], $2::bigint[]) AS r (order_id, refunded)
             GROUP BY order_id) r
       WHERE o.order_id = r.order_id`,
      [refunded.map(({ orderId }) => orderId), refunded.map(({ refundedMinor }) => refundedMinor)],
    );
}

export interface StoredSale extends Sale {
  orderId: string;
  sellerId: string;
  currency: string;
  order: OrderFacts;
}

/** The sales of locked orders that are paid. */
export async function paidSales(tx: Queryable, orderIds: readonly string[]): Promise<StoredSale[]> {
  const rows = await tx.query<Omit<StoredSale, "order"> & OrderFacts>(
    `SELECT order_id AS "orderId", seller_id AS "sellerId", currency, gross_minor AS "grossMinor",
       commission_minor AS "commissionMinor", is_credited AS "isCredited", reversed_gross_minor AS "reversedGrossMinor",
       reversed_commission_minor AS "reversedCommissionMinor", is_paid AS "isPaid", total_minor AS "totalMinor",
       refunded_minor AS "refundedMinor"
     FROM sold_order JOIN sale USING (order_id) WHERE order_id = ANY ($1::text[]) AND is_paid
     ORDER BY order_id, seller_id`,
    [orderIds],
  );
  return rows.map(({ isPaid, totalMinor, refundedMinor, ...sale }) => ({
    ...sale,
    order: { isPaid, totalMinor, refundedMinor },
  }));
}

type Key = Pick<StoredSale, "orderId" | "sellerId" | "currency">;

/** Books the proceeds of a sale: they become available after the hold. */
export function creditSale(
  tx: Transaction,
  { orderId, sellerId, currency }: Key,
  share: Share,
  holdDays: number,
): void {
  const { grossMinor, commissionMinor } = share;
  tx.write(
    `WITH credited AS (
       UPDATE sale SET is_credited = true, available_at = now() + make_interval(secs => $6::float8 * 86400)
       WHERE order_id = $1 AND seller_id = $2 RETURNING available_at
     )
     INSERT INTO balance_entry (seller_id, currency, kind, order_id, gross_minor, commission_minor, net_minor, available_at)
     SELECT $2, $3, 'sale', $1, $4::bigint, $5::bigint, $4::bigint - $5::bigint, available_at FROM credited`,
    [orderId, sellerId, currency, grossMinor, commissionMinor, holdDays],
  );
  tx.write(
    `INSERT INTO payout_turn (seller_id, currency, done_until) VALUES ($1, $2, '1970-01-01') ON CONFLICT DO NOTHING`,
    [sellerId, currency],
  );
}

/** Takes a part of a sale back: from what is pending while the sale is, and afterwards from what is available. */
export function reverseSale(tx: Transaction, { orderId, sellerId, currency }: Key, share: Share): void {
  tx.write(
    `WITH reversed AS (
       UPDATE sale SET reversed_gross_minor = reversed_gross_minor + $4::bigint,
         reversed_commission_minor = reversed_commission_minor + $5::bigint
       WHERE order_id = $1 AND seller_id = $2 RETURNING available_at
     )
     INSERT INTO balance_entry (seller_id, currency, kind, order_id, gross_minor, commission_minor, net_minor, available_at)
     SELECT $2, $3, 'refund', $1, -$4::bigint, -$5::bigint, $5::bigint - $4::bigint, available_at FROM reversed`,
    [orderId, sellerId, currency, share.grossMinor, share.commissionMinor],
  );
}

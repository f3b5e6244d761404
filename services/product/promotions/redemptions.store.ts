import type { ListPart } from "#lib/contract/cursor.ts";
import type { Queryable } from "#lib/sql/transaction.ts";

export interface RedemptionRow {
  orderId: string;
  customerId: string;
  code: string | null;
  amountMinor: number;
  currency: string;
  status: "reserved" | "committed" | "released";
  reservedAt: Date;
  /** The moment to the microsecond, for the cursor. */
  micros: number;
}

/** A row is found again by its moment and its order. */
export type RedemptionKey = readonly [micros: number, orderId: string];

const REDEMPTION = `r.order_id AS "orderId", r.customer_id AS "customerId", r.code, r.amount_minor AS "amountMinor",
  r.currency, CASE WHEN o.state IN ('held', 'ordered') THEN 'reserved' ELSE o.state END AS status,
  r.reserved_at AS "reservedAt", (extract(epoch FROM r.reserved_at) * 1000000)::bigint AS micros`;
const OF_PROMOTION = `SELECT ${REDEMPTION} FROM redemption r JOIN reservation o USING (order_id) WHERE r.promotion_id = $1`;
const NEWEST_FIRST = "ORDER BY r.reserved_at DESC, r.order_id DESC";

/** One row more than the part has, if there is one. */
export function partOfRedemptions(
  db: Queryable,
  promotionId: string,
  part: ListPart<RedemptionKey>,
): Promise<RedemptionRow[]> {
  if (part.kind === "page")
    return db.query(`${OF_PROMOTION} ${NEWEST_FIRST} LIMIT $2 OFFSET $3`, [promotionId, part.limit + 1, part.offset]);
  const [micros, orderId] = part.after;
  return db.query(
    `${OF_PROMOTION} AND (r.reserved_at, r.order_id) < (timestamptz 'epoch' + $2 * interval '1 microsecond', $3)
     ${NEWEST_FIRST} LIMIT $4`,
    [promotionId, micros, orderId, part.limit + 1],
  );
}

/** Counted up to a bound. */
export async function countRedemptions(
  db: Queryable,
  promotionId: string,
  most: number,
): Promise<{ total: number; atLeast: boolean }> {
  const [row] = await db.query<{ count: number }>(
    "SELECT count(*)::int AS count FROM (SELECT FROM redemption WHERE promotion_id = $1 LIMIT $2) r",
    [promotionId, most + 1],
  );
  const count = row?.count ?? 0;
  return { total: Math.min(count, most), atLeast: count > most };
}

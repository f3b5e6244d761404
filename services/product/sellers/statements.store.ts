import type { Queryable } from "#lib/sql/transaction.ts";
import { sellerLimits } from "./domain/limits.ts";
import type { StatedEntry, StatedSums } from "./domain/statement.ts";

interface Asked {
  sellerId: string;
  currency: string;
  from: Date;
  until: Date;
}

const OF_SELLER = "seller_id = $1 AND currency = $2";
const IN_PERIOD = "created_at >= $3 AND created_at < $4";

export async function statementSums(db: Queryable, { sellerId, currency, from, until }: Asked): Promise<StatedSums> {
  const [row] = await db.query<StatedSums>(
    `SELECT coalesce(sum(net_minor) FILTER (WHERE created_at < $3), 0)::bigint AS "openingMinor",
       count(*) FILTER (WHERE ${IN_PERIOD})::int AS count,
       coalesce(sum(gross_minor) FILTER (WHERE ${IN_PERIOD}), 0)::bigint AS "grossMinor",
       coalesce(sum(commission_minor) FILTER (WHERE ${IN_PERIOD}), 0)::bigint AS "commissionMinor",
       coalesce(sum(net_minor) FILTER (WHERE ${IN_PERIOD} AND kind IN ('sale', 'refund')), 0)::bigint AS "soldNetMinor",
       coalesce(-sum(net_minor) FILTER (WHERE ${IN_PERIOD} AND kind IN ('payout', 'payout_returned')), 0)::bigint
         AS "paidOutMinor"
     FROM balance_entry WHERE ${OF_SELLER} AND created_at < $4`,
    [sellerId, currency, from, until],
  );
  if (!row) throw new Error("Sums without a row.");
  return row;
}

/** In the order in which they happened. */
export function statementEntries(db: Queryable, { sellerId, currency, from, until }: Asked): Promise<StatedEntry[]> {
  return db.query<StatedEntry>(
    `SELECT kind, order_id AS "orderId", payout_id AS "payoutId", gross_minor AS "grossMinor",
       commission_minor AS "commissionMinor", net_minor AS "netMinor", created_at AS "createdAt"
     FROM balance_entry WHERE ${OF_SELLER} AND ${IN_PERIOD} ORDER BY created_at, entry_id
     LIMIT ${sellerLimits.STATEMENT_LINES}`,
    [sellerId, currency, from, until],
  );
}

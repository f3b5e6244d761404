import type { Queryable } from "#lib/sql/transaction.ts";
import { shardOf } from "./shards.ts";

/** One change of a price. A null amount: it was removed. */
export interface PriceChange {
  amountMinor: number | null;
  validFrom: Date;
}

/** Whose history: the price of a sku, or one of its prices in a list. */
export type PriceKey =
  | { sku: string; currency: string }
  | { sku: string; list: string; warehouseId: string | null; minQuantity: number };

/** The rows of one price, which are neighbours in the primary key of their table. */
function rowsOf(key: PriceKey): { from: string; values: unknown[] } {
  if (!("list" in key))
    return { from: "price_history($1, $3) WHERE currency = $2", values: [key.sku, key.currency, shardOf(key.sku)] };
  return {
    from: "list_price_change WHERE sku = $1 AND list = $2 AND warehouse_id = $3 AND min_quantity = $4",
    values: [key.sku, key.list, key.warehouseId ?? "", key.minQuantity],
  };
}

/** What a price was before. */
export interface PriceHistory {
  /** One page of its changes, the latest first. */
  changes: PriceChange[];
  /** Of all its changes. */
  total: number;
  /** Since when the price is reduced: the time of its last change, if that has lowered it. */
  reducedAt: Date | null;
  /** The lowest price of the days before the reduction, or of the last ones; null when there was none. */
  lowestMinor: number | null;
}

/**
 * The history of a price, with the prior price of Directive 98/6/EC, Article 6a: the lowest one of at least 30 days before
 * the reduction. The price that held when these days began counts, the reduced one does not. A price that is lowered step by
 * step counts as reduced since the last step: the exception of paragraph 5 is the choice of each member state.
 * @returns undefined for a price that there never was
 */
export async function readHistory(
  db: Queryable,
  key: PriceKey,
  { limit, offset }: { limit: number; offset: number },
  days: number,
): Promise<PriceHistory | undefined> {
  const { from, values } = rowsOf(key);
  const [$limit, $offset, $days] = [1, 2, 3].map((n) => `$${values.length + n}`);
  const rows = await db.query<Omit<PriceHistory, "changes"> & { amountMinor: number | null; validFrom: Date | null }>(
    `WITH change AS MATERIALIZED (
       SELECT id, amount_minor, valid_from, lag(amount_minor) OVER by_id AS previous_minor,
              lead(valid_from, 1, 'infinity') OVER by_id AS ends
       FROM ${from} WINDOW by_id AS (ORDER BY id)
     ), last AS (
       SELECT CASE WHEN amount_minor < previous_minor THEN valid_from END AS reduced_at
       FROM change ORDER BY id DESC LIMIT 1
     ), lowest AS (
       SELECT min(amount_minor) AS lowest_minor FROM change, last
       WHERE valid_from < coalesce(reduced_at, now() + interval '1 ms')
         AND ends > coalesce(reduced_at, now()) - make_interval(days => ${$days})
     ), page AS (
       SELECT id, amount_minor, valid_from FROM change ORDER BY id DESC LIMIT ${$limit} OFFSET ${$offset}
     )
     SELECT (SELECT count(*)::int FROM change) AS total, reduced_at AS "reducedAt", lowest_minor AS "lowestMinor",
            amount_minor AS "amountMinor", valid_from AS "validFrom"
     FROM last CROSS JOIN lowest LEFT JOIN page ON true ORDER BY id DESC`,
    [...values, limit, offset, days],
  );
  const [first] = rows;
  if (!first) return undefined;
  const { total, reducedAt, lowestMinor } = first;
  // A page after the last one has no changes.
  const changes = rows.flatMap(({ amountMinor, validFrom }) => (validFrom ? [{ amountMinor, validFrom }] : []));
  return { changes, total, reducedAt, lowestMinor };
}

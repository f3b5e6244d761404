import type { Queryable } from "#lib/sql/transaction.ts";
import type { PriceChange } from "./domain/reduction.ts";
import { shardOf } from "./shards.ts";

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

const CHANGE = `amount_minor AS "amountMinor", valid_from AS "validFrom"`;

/** The changes of a price, the latest first. */
export async function pageOfChanges(
  db: Queryable,
  key: PriceKey,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ changes: PriceChange[]; total: number }> {
  const { from, values } = rowsOf(key);
  const at = values.length;
  const [changes, counted] = await Promise.all([
    db.query<PriceChange>(`SELECT ${CHANGE} FROM ${from} ORDER BY id DESC LIMIT $${at + 1} OFFSET $${at + 2}`, [
      ...values,
      limit,
      offset,
    ]),
    db.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${from}`, values),
  ]);
  return { changes, total: counted[0]?.count ?? 0 };
}

/** The last two changes of a price, the latest first. */
export async function lastChanges(db: Queryable, key: PriceKey): Promise<PriceChange[]> {
  const { from, values } = rowsOf(key);
  return db.query(`SELECT ${CHANGE} FROM ${from} ORDER BY id DESC LIMIT 2`, values);
}

/**
 * The lowest price that held at some moment of the days before `until`, or until now. The last change before these days
 * counts, because its price held when they began.
 * @param until exclusive: the price that begins then does not count
 * @returns null when there was none
 */
export async function lowestBefore(
  db: Queryable,
  key: PriceKey,
  until: Date | undefined,
  days: number,
): Promise<number | null> {
  const { from, values } = rowsOf(key);
  const at = values.length;
  const [row] = await db.query<{ lowest: number | null }>(
    `WITH bounds AS (
       SELECT coalesce($${at + 1}::timestamptz, now() + interval '1 ms') AS until,
              coalesce($${at + 1}::timestamptz, now()) - make_interval(days => $${at + 2}) AS since
     ), change AS (
       SELECT amount_minor, valid_from, lead(valid_from, 1, 'infinity') OVER (ORDER BY id) AS ends FROM ${from}
     )
     SELECT min(amount_minor) AS lowest FROM change, bounds WHERE valid_from < until AND ends > since`,
    [...values, until ?? null, days],
  );
  return row?.lowest ?? null;
}

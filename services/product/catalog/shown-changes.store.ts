import { limits } from "#config/limits.ts";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import { FURTHER_NOTICE, lookUpByKey } from "./publication-copy.store.ts";
import { Values } from "./shown.store.ts";

/** Two snapshots that are compared. 0 is before the first one: nothing is in it. */
export interface Compared {
  from: number;
  to: number;
}

/** The ids of the products that differ, in order. What was changed and changed back between the two is not among them. */
function differing({ from, to }: Compared, values: Values, after: string): string {
  const [first, last, a, b] = [Math.min(from, to), Math.max(from, to), from, to].map(
    (snapshot) => `${values.add(snapshot)}::int`,
  );
  const seenAt = (at = "") => `
    SELECT r.checksum FROM published_product r
    WHERE r.product_id = c.product_id AND r.from_snapshot <= ${at} AND r.to_snapshot > ${at} LIMIT 1`;
  return `
    SELECT c.product_id FROM (
      SELECT DISTINCT product_id FROM published_product
      WHERE product_id > ${values.add(after)}
        AND ((from_snapshot > ${first} AND from_snapshot <= ${last}) OR (to_snapshot > ${first} AND to_snapshot <= ${last}))
      ORDER BY product_id
    ) c
    LEFT JOIN LATERAL (${seenAt(a)}) x ON true
    LEFT JOIN LATERAL (${seenAt(b)}) y ON true
    WHERE x.checksum IS DISTINCT FROM y.checksum`;
}

/** Call it where statements are planned for their values: it reads the primary key from `after` on until it has enough. */
export async function differingProducts(
  db: Queryable,
  compared: Compared,
  after: string,
  rows: number,
): Promise<string[]> {
  const values = new Values();
  const text = `${differing(compared, values, after)} ORDER BY c.product_id LIMIT ${values.add(rows)}`;
  return (await db.query<{ product_id: string }>(text, values.all)).map((row) => row.product_id);
}

/** Counts the products that differ, up to `LIST_TOTAL`. */
export async function countDiffering(db: Queryable, compared: Compared): Promise<{ total: number; atLeast: boolean }> {
  const values = new Values();
  const some = `${differing(compared, values, "")} LIMIT ${limits.LIST_TOTAL + 1}`;
  const [row] = await db.query<{ count: number }>(`SELECT count(*)::int AS count FROM (${some}) counted`, values.all);
  const count = row?.count ?? 0;
  return { total: Math.min(count, limits.LIST_TOTAL), atLeast: count > limits.LIST_TOTAL };
}

/** A change of what the shop shows, of which other services were not told everything. */
export interface Untold {
  number: number;
  from: number;
  to: number;
  version: number;
  toldUntil: string;
  told: number;
}

/** Locks the oldest one, because the next one begins where it ends. */
export async function lockUntold(tx: Queryable): Promise<Untold | undefined> {
  const [row] = await tx.query<Untold>(
    `SELECT number, coalesce(from_snapshot, 0) AS "from", to_snapshot AS "to", version, told_until AS "toldUntil", told
     FROM shown_change WHERE told_at IS NULL ORDER BY number LIMIT 1 FOR UPDATE`,
  );
  return row;
}

export async function hasUntold(db: Queryable): Promise<boolean> {
  const rows = await db.query("SELECT FROM shown_change WHERE told_at IS NULL LIMIT 1");
  return rows.length > 0;
}

/** Changes that other services were not told completely for so long. */
export async function countOverdue(db: Queryable, seconds: number): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM shown_change
     WHERE told_at IS NULL AND at < now() - make_interval(secs => $1::float8)`,
    [seconds],
  );
  return row?.count ?? 0;
}

/** @param until the last product that was told; undefined: there are no more */
export async function noteTold(tx: Queryable, number: number, until: string | undefined, told: number): Promise<void> {
  await tx.query(
    `UPDATE shown_change SET told = told + $3, told_until = coalesce($2::text, told_until),
       told_at = CASE WHEN $2::text IS NULL THEN now() END
     WHERE number = $1`,
    [number, until ?? null, told],
  );
}

/**
 * Removes old snapshots: all but the newest `kept`, the shown one and those after it, and what other services still have to
 * be told about. At most `rows` products each time.
 * @returns how many rows of products were removed
 */
export async function removeOldSnapshots(tx: Transaction, kept: number, rows: number): Promise<number> {
  lookUpByKey(tx);
  const [row] = await tx.query<{ removed: number }>(
    `WITH oldest AS (
       SELECT least(
         (SELECT min(snapshot) FROM (
            SELECT snapshot FROM publication WHERE snapshot IS NOT NULL ORDER BY snapshot DESC LIMIT $1
          ) newest),
         (SELECT shown FROM catalogue_state),
         (SELECT min(least(from_snapshot, to_snapshot)) FROM shown_change WHERE told_at IS NULL)
       ) AS snapshot
     ), ended AS (
       SELECT product_id, from_snapshot FROM published_product, oldest
       WHERE to_snapshot < ${FURTHER_NOTICE} AND to_snapshot <= oldest.snapshot ORDER BY to_snapshot LIMIT $2
     ), products AS (
       DELETE FROM published_product p USING ended e
       WHERE p.product_id = e.product_id AND p.from_snapshot = e.from_snapshot RETURNING 1
     ), variants AS (
       DELETE FROM published_variant v USING ended e WHERE v.product_id = e.product_id AND v.from_snapshot = e.from_snapshot
     ), places AS (
       DELETE FROM published_product_category c USING ended e
       WHERE c.product_id = e.product_id AND c.from_snapshot = e.from_snapshot
     ), brands AS (
       DELETE FROM published_brand USING oldest WHERE to_snapshot <= oldest.snapshot
     ), categories AS (
       DELETE FROM published_category USING oldest WHERE to_snapshot <= oldest.snapshot
     ), publications AS (
       DELETE FROM publication p USING oldest WHERE p.snapshot < oldest.snapshot
     ), cancelled AS (
       DELETE FROM publication WHERE state = 'cancelled' AND version < (SELECT max(version) FROM publication) - $1
     ), notes AS (
       DELETE FROM shown_change WHERE told_at IS NOT NULL AND number < (SELECT max(number) FROM shown_change) - $1
     )
     SELECT count(*)::int AS removed FROM products`,
    [kept, rows],
  );
  return row?.removed ?? 0;
}

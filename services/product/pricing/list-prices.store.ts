import { arrayText } from "#lib/sql/array-text.ts";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import type { ListPrice } from "./domain/lists.ts";

/** A sku in a list. */
export interface ListedSku {
  list: string;
  sku: string;
}

const PRICE = `sku, nullif(warehouse_id, '') AS "warehouseId", min_quantity AS "minQuantity", amount_minor AS "amountMinor"`;

/** What lists say about skus: each pair is looked up by its key. */
export async function listPricesOf(db: Queryable, asked: readonly ListedSku[]): Promise<ListPrice[]> {
  return db.query(
    // OFFSET 0 makes every plan look each pair up by its key.
    `SELECT asked.list, p.* FROM unnest($1::text[], $2::text[]) AS asked (list, sku) CROSS JOIN LATERAL
       (SELECT ${PRICE} FROM list_price WHERE list_price.list = asked.list AND list_price.sku = asked.sku OFFSET 0) p`,
    [asked.map(({ list }) => list), asked.map(({ sku }) => sku)],
  );
}

/** The same as it was at a moment that has passed. */
export async function listPricesAt(db: Queryable, asked: readonly ListedSku[], at: Date): Promise<ListPrice[]> {
  return db.query(
    `SELECT * FROM (
       SELECT DISTINCT ON (list, sku, warehouse_id, min_quantity) list, ${PRICE}
       FROM unnest($1::text[], $2::text[]) AS asked (list, sku) JOIN list_price_change USING (list, sku)
       WHERE valid_from <= $3 ORDER BY list, sku, warehouse_id, min_quantity, id DESC
     ) latest WHERE "amountMinor" IS NOT NULL`,
    [asked.map(({ list }) => list), asked.map(({ sku }) => sku), at],
  );
}

export async function pageOfListPrices(
  db: Queryable,
  code: string,
  page: { limit: number; offset: number },
): Promise<{ prices: ListPrice[]; total: number }> {
  const [prices, counted] = await Promise.all([
    db.query<ListPrice>(
      `SELECT list, ${PRICE} FROM list_price WHERE list = $1
       ORDER BY list_price.sku, warehouse_id, min_quantity LIMIT $2 OFFSET $3`,
      [code, page.limit, page.offset],
    ),
    db.query<{ count: number }>("SELECT count(*)::int AS count FROM list_price WHERE list = $1", [code]),
  ]);
  return { prices, total: counted[0]?.count ?? 0 };
}

/** Which of these skus have a price of their own or in this list, so that the catalogue is known to have them. */
export async function knownSkus(tx: Queryable, list: string, skus: readonly string[]): Promise<Set<string>> {
  const rows = await tx.query<{ sku: string }>(
    `SELECT sku FROM unnest($1::text[]) AS asked (sku)
     WHERE EXISTS (SELECT FROM price WHERE price.sku = asked.sku)
        OR EXISTS (SELECT FROM list_price WHERE list_price.list = $2 AND list_price.sku = asked.sku)`,
    [arrayText(skus), list],
  );
  return new Set(rows.map(({ sku }) => sku));
}

/**
 * Stores those of many prices of a list that differ from what is stored, each with a line of history. The list must be locked.
 * @returns the sku of each of them
 */
export async function saveListPrices(tx: Queryable, list: string, prices: readonly ListPrice[]): Promise<string[]> {
  const saved = await tx.query<{ sku: string }>(
    `WITH input AS MATERIALIZED (
       SELECT i.* FROM unnest($2::text[], $3::text[], $4::int[], $5::bigint[]) AS i (sku, warehouse_id, min_quantity, amount_minor)
       LEFT JOIN list_price AS stored ON stored.list = $1 AND stored.sku = i.sku
         AND stored.warehouse_id = i.warehouse_id AND stored.min_quantity = i.min_quantity
       WHERE stored.amount_minor IS DISTINCT FROM i.amount_minor
     ), written AS (
       INSERT INTO list_price (list, sku, warehouse_id, min_quantity, amount_minor) SELECT $1, * FROM input
       ON CONFLICT (list, sku, warehouse_id, min_quantity) DO UPDATE SET amount_minor = excluded.amount_minor
     ), noted AS (
       INSERT INTO list_price_change (list, sku, warehouse_id, min_quantity, amount_minor, valid_from)
       SELECT $1, *, now() FROM input
     )
     SELECT sku FROM input`,
    [
      list,
      arrayText(prices.map(({ sku }) => sku)),
      arrayText(prices.map(({ warehouseId }) => warehouseId ?? "")),
      arrayText(prices.map(({ minQuantity }) => minQuantity)),
      arrayText(prices.map(({ amountMinor }) => amountMinor)),
    ],
  );
  return saved.map(({ sku }) => sku);
}

/** A sku of which a list has more than `most` prices. */
export async function skuAbove(
  tx: Queryable,
  list: string,
  skus: readonly string[],
  most: number,
): Promise<string | undefined> {
  const [row] = await tx.query<{ sku: string }>(
    `SELECT sku FROM list_price WHERE list = $1 AND sku = ANY ($2::text[]) GROUP BY sku HAVING count(*) > $3 LIMIT 1`,
    [list, arrayText(skus), most],
  );
  return row?.sku;
}

/** Which prices of a list are removed. */
export interface Removal {
  sku: string;
  /** Absent: of every number of pieces. */
  minQuantity?: number | undefined;
  /** Absent: of all warehouses, and the price that is not for one. */
  warehouseId?: string | undefined;
}

/** @returns how many prices were removed */
export async function removeListPrices(tx: Queryable, list: string, removal: Removal): Promise<number> {
  const { sku, minQuantity = null, warehouseId = null } = removal;
  const [removed] = await tx.query<{ count: number }>(
    `WITH removed AS (
       DELETE FROM list_price WHERE list = $1 AND sku = $2
         AND ($3::int IS NULL OR min_quantity = $3) AND ($4::text IS NULL OR warehouse_id = $4)
       RETURNING *
     ), noted AS (
       INSERT INTO list_price_change (list, sku, warehouse_id, min_quantity, amount_minor, valid_from)
       SELECT list, sku, warehouse_id, min_quantity, NULL, now() FROM removed
     )
     SELECT count(*)::int AS count FROM removed`,
    [list, sku, minQuantity, warehouseId],
  );
  return removed?.count ?? 0;
}

/** Deletes a list with its prices, whose history says so. The list must be locked. */
export function deleteList(tx: Pick<Transaction, "write">, code: string): void {
  tx.write(
    `INSERT INTO list_price_change (list, sku, warehouse_id, min_quantity, amount_minor, valid_from)
     SELECT list, sku, warehouse_id, min_quantity, NULL, now() FROM list_price WHERE list = $1`,
    [code],
  );
  tx.write("DELETE FROM price_list WHERE code = $1", [code]);
}

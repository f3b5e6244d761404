import type { Database } from "#lib/sql/database.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import type { ChangedPrice, WantedPrice } from "./domain/price-list.ts";

export interface PriceRow {
  sku: string;
  currency: string;
  amountMinor: number;
  validFrom: Date;
}

export async function findPrice(db: Queryable, sku: string, currency: string): Promise<PriceRow | undefined> {
  const [row] = await db.query<PriceRow>(
    `SELECT sku, currency, amount_minor AS "amountMinor", valid_from AS "validFrom"
     FROM price WHERE sku = $1 AND currency = $2`,
    [sku, currency],
  );
  return row;
}

export async function pagePrices(db: Database, currency: string, page: number | undefined, limit: number | undefined) {
  return db.page<PriceRow>({ page, limit, sort: "sku", where: { currency } });
}

/** Today's prices of those skus that have one. */
export async function pricesOf(
  db: Queryable,
  skus: readonly string[],
  currency: string,
): Promise<{ sku: string; amountMinor: number }[]> {
  return db.query(
    `SELECT sku, amount_minor AS "amountMinor" FROM price WHERE sku = ANY ($1::text[]) AND currency = $2`,
    [skus, currency],
  );
}

/**
 * Sets prices in one statement and keeps each real change in the history. Rows are taken in the order of their keys, so
 * that two batches cannot deadlock.
 * @param wanted one for each sku and currency
 * @returns the prices that are other than before
 */
export async function setPrices(tx: Queryable, wanted: readonly WantedPrice[]): Promise<ChangedPrice[]> {
  return tx.query<ChangedPrice>(
    `WITH changed AS (
       INSERT INTO price AS p (sku, currency, amount_minor)
       SELECT sku, currency, amount_minor
       FROM unnest($1::text[], $2::text[], $3::bigint[]) AS wanted (sku, currency, amount_minor)
       ORDER BY sku COLLATE "C", currency COLLATE "C"
       ON CONFLICT (sku, currency) DO UPDATE
         SET previous_minor = p.amount_minor, amount_minor = EXCLUDED.amount_minor, valid_from = EXCLUDED.valid_from
         WHERE p.amount_minor <> EXCLUDED.amount_minor
       RETURNING sku, currency, amount_minor, previous_minor, valid_from
     ), history AS (
       INSERT INTO price_change (sku, currency, amount_minor, valid_from)
       SELECT sku, currency, amount_minor, valid_from FROM changed
     )
     SELECT sku, currency, amount_minor AS "amountMinor", previous_minor AS "previousMinor" FROM changed`,
    [
      wanted.map(({ sku }) => sku),
      wanted.map(({ currency }) => currency),
      wanted.map(({ amountMinor }) => amountMinor),
    ],
  );
}

export async function hasPrices(db: Queryable): Promise<boolean> {
  const rows = await db.query("SELECT 1 FROM price LIMIT 1");
  return rows.length > 0;
}

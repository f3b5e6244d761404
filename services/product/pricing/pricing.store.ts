import type { Database } from "#lib/sql/database.ts";
import { isTableEmpty } from "#lib/sql/is-table-empty.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import type { ChangedPrice, NewPrice } from "./domain/price-list.ts";

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

export function pageOfPrices(db: Database, currency: string, page: { page?: number; limit?: number }) {
  return db.page<PriceRow>({ ...page, sort: "sku", where: { currency } });
}

export interface CurrentPrice {
  sku: string;
  amountMinor: number;
}

export interface PricedSku {
  sku: string;
  currency: string;
}

/** The current prices of those skus that have one in the currency asked for. */
export async function amountsOf(
  db: Queryable,
  asked: readonly PricedSku[],
): Promise<(PricedSku & { amountMinor: number })[]> {
  return db.query(
    // OFFSET 0 makes every plan look each price up by its key.
    `SELECT asked.sku, asked.currency, p.amount_minor AS "amountMinor"
     FROM unnest($1::text[], $2::text[]) AS asked (sku, currency) CROSS JOIN LATERAL
       (SELECT amount_minor FROM price WHERE price.sku = asked.sku AND price.currency = asked.currency OFFSET 0) p`,
    [asked.map(({ sku }) => sku), asked.map(({ currency }) => currency)],
  );
}

/** The current prices of those skus that have one. */
export async function pricesOf(db: Queryable, skus: readonly string[], currency: string): Promise<CurrentPrice[]> {
  return db.query(
    `SELECT sku, amount_minor AS "amountMinor" FROM price WHERE sku = ANY ($1::text[]) AND currency = $2`,
    [skus, currency],
  );
}

/**
 * Sets prices in one statement and adds each real change to the history. Rows are locked in the order of their keys, so
 * that two batches cannot deadlock.
 * @param prices one for each sku and currency
 * @returns the prices that changed
 */
export async function setPrices(tx: Queryable, prices: readonly NewPrice[]): Promise<ChangedPrice[]> {
  return tx.query<ChangedPrice>(
    `WITH changed AS (
       INSERT INTO price AS p (sku, currency, amount_minor)
       SELECT sku, currency, amount_minor
       FROM unnest($1::text[], $2::text[], $3::bigint[]) AS input (sku, currency, amount_minor)
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
      prices.map(({ sku }) => sku),
      prices.map(({ currency }) => currency),
      prices.map(({ amountMinor }) => amountMinor),
    ],
  );
}

export const isEmpty = (db: Queryable) => isTableEmpty(db, "price");

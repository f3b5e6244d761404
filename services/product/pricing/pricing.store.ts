import { arrayText } from "#lib/sql/array-text.ts";
import type { Database } from "#lib/sql/database.ts";
import { isTableEmpty } from "#lib/sql/is-table-empty.ts";
import { lockKey } from "#lib/sql/lock-keys.ts";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import type { ChangedPrice, NewPrice } from "./domain/price-list.ts";
import { shardOf } from "./shards.ts";

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

/** Prices, and what was so when they were read. */
export interface Reading<Price> {
  prices: Price[];
  /** The version of lists and exchange rates. */
  termsVersion: number;
  /** The database's clock, in milliseconds since 1970. */
  databaseMs: number;
}

/** One more row of a statement about prices, so that it costs no round trip: its sku is that of no variant. */
const TERMS_ROW = `UNION ALL SELECT '', (extract(epoch FROM now()) * 1000)::bigint::text, version FROM price_terms`;

function readingOf<Price extends PricedSku & CurrentPrice>(rows: Price[]): Reading<Price> {
  const [terms] = rows.splice(
    rows.findLastIndex(({ sku }) => sku === ""),
    1,
  );
  if (terms?.sku !== "") throw new Error("The table price_terms is empty.");
  return { prices: rows, termsVersion: terms.amountMinor, databaseMs: Number(terms.currency) };
}

/** The current prices of those skus that have one in the currency asked for. */
export async function amountsOf(
  db: Queryable,
  asked: readonly PricedSku[],
): Promise<Reading<PricedSku & CurrentPrice>> {
  const rows = await db.query<PricedSku & CurrentPrice>(
    // OFFSET 0 makes every plan look each price up by its key.
    `SELECT asked.sku, asked.currency, p.amount_minor AS "amountMinor"
     FROM unnest($1::text[], $2::text[]) AS asked (sku, currency) CROSS JOIN LATERAL
       (SELECT amount_minor FROM price WHERE price.sku = asked.sku AND price.currency = asked.currency OFFSET 0) p
     ${TERMS_ROW}`,
    [asked.map(({ sku }) => sku), asked.map(({ currency }) => currency)],
  );
  return readingOf(rows);
}

/** The current prices of those skus that have one. */
export async function pricesOf(
  db: Queryable,
  skus: readonly string[],
  currency: string,
): Promise<Reading<PricedSku & CurrentPrice>> {
  const rows = await db.query<PricedSku & CurrentPrice>(
    `SELECT sku, currency, amount_minor AS "amountMinor" FROM price WHERE sku = ANY ($1::text[]) AND currency = $2
     ${TERMS_ROW}`,
    [skus, currency],
  );
  return readingOf(rows);
}

/** The prices of skus in all currencies. */
export async function pricesInAnyCurrency(
  db: Queryable,
  skus: readonly string[],
): Promise<(PricedSku & CurrentPrice)[]> {
  return db.query(`SELECT sku, currency, amount_minor AS "amountMinor" FROM price WHERE sku = ANY ($1::text[])`, [
    skus,
  ]);
}

/** The prices of skus as they were at a moment that has passed, in all currencies. */
export async function pricesAt(
  db: Queryable,
  skus: readonly string[],
  at: Date,
): Promise<(PricedSku & CurrentPrice)[]> {
  return db.query(
    `SELECT DISTINCT ON (asked.sku, h.currency) asked.sku, h.currency, h.amount_minor AS "amountMinor"
     FROM unnest($1::text[], $3::text[]) AS asked (sku, shard) CROSS JOIN LATERAL price_history(asked.sku, asked.shard) h
     WHERE h.valid_from <= $2 ORDER BY asked.sku, h.currency, h.id DESC`,
    [skus, at, skus.map(shardOf)],
  );
}

/**
 * Lets no other transaction set prices of these shards until this one ends. So a batch is set as a whole before or after
 * another one, although prices that stay the same are only read: a lock on each of their rows would be written to the log
 * as a change is. All take the locks in the same order, so that they cannot deadlock.
 */
export function lockShards(tx: Pick<Transaction, "write">, shards: readonly string[]): void {
  // Who waits for a row may do so twice: in the queue, and for the holder. For these locks there is the queue alone.
  tx.write(
    "SELECT set_config('lock_timeout', (2_000 * extract(epoch FROM current_setting('lock_timeout')::interval))::int::text, true)",
  );
  tx.write(`SELECT pg_advisory_xact_lock(${lockKey("priceShard", "shard")}) FROM unnest($1::text[]) AS shard`, [
    arrayText(shards.toSorted()),
  ]);
}

/**
 * Those of many prices that differ from what is stored, and what they replace. As two lists in JSON, because ten thousand
 * rows cost Postgres and Node more than the comparison.
 */
export async function changesOf(tx: Queryable, prices: readonly NewPrice[]): Promise<ChangedPrice[]> {
  const [changed] = await tx.query<{ ordinals: number[] | null; previous: (number | null)[] | null }>(
    `SELECT array_to_json(array_agg(ordinal)) AS ordinals, array_to_json(array_agg(stored.amount_minor)) AS previous
     FROM unnest($1::text[], $2::text[], $3::bigint[])
       WITH ORDINALITY AS input (sku, currency, amount_minor, ordinal)
     LEFT JOIN price AS stored USING (sku, currency)
     WHERE stored.amount_minor IS DISTINCT FROM input.amount_minor`,
    columnsOf(prices),
  );
  const previous = changed?.previous ?? [];
  return (changed?.ordinals ?? []).map((ordinal, at) => ({
    ...(prices[ordinal - 1] as NewPrice),
    previousMinor: previous[at] ?? null,
  }));
}

/** Stores prices that differ from what is stored, each with a line of history. Their shards must be locked. */
export function storeChanges(tx: Pick<Transaction, "write">, changes: readonly ChangedPrice[]): void {
  const first = changes.filter(({ previousMinor }) => previousMinor === null);
  const next = changes.filter(({ previousMinor }) => previousMinor !== null);
  if (first.length > 0)
    tx.write(withHistory("INSERT INTO price (sku, currency, amount_minor) SELECT * FROM input"), columnsOf(first));
  if (next.length > 0)
    tx.write(
      withHistory(`UPDATE price SET amount_minor = input.amount_minor, valid_from = now(), as_of = NULL FROM input
                   WHERE price.sku = input.sku AND price.currency = input.currency`),
      columnsOf(next),
    );
}

const withHistory = (write: string) =>
  `WITH input AS MATERIALIZED (
     SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[]) AS input (sku, currency, amount_minor)
   ), written AS (${write})
   INSERT INTO price_change (sku, currency, amount_minor, valid_from)
   SELECT sku, currency, amount_minor, now() FROM input`;

function columnsOf(prices: readonly NewPrice[]): string[] {
  return [
    arrayText(prices.map(({ sku }) => sku)),
    arrayText(prices.map(({ currency }) => currency)),
    arrayText(prices.map(({ amountMinor }) => amountMinor)),
  ];
}

export const isEmpty = (db: Queryable) => isTableEmpty(db, "price");

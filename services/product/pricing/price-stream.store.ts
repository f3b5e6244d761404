import { arrayText } from "#lib/sql/array-text.ts";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import type { ChangedPrice } from "./domain/price-list.ts";
import type { StreamedPrice } from "./domain/price-stream.ts";

const MS = 1_000;

/** The clock of the database, in milliseconds since 1970. */
export async function clockOf(db: Queryable): Promise<number> {
  const [row] = await db.query<{ now: number }>("SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now");
  return row?.now ?? 0;
}

/** What became of prices: positions in the list that was given. */
interface Outcome {
  /** Prices that changed, each with what it was before. */
  changed: { index: number; previousMinor: number }[];
  /** Prices that are not stored yet in their currency. */
  missing: number[];
}

/**
 * Stores those prices that exist already and that are not older than what is stored, in one statement. Their shards must
 * be locked. A newer `at` is kept also where the amount stays the same, so that an older price that comes later changes
 * nothing. `OFFSET 0` makes every plan look each price up by its key.
 */
export async function storeNewer(tx: Queryable, prices: readonly StreamedPrice[]): Promise<Outcome> {
  const [row] = await tx.query<{ ordinals: number[] | null; previous: (number | null)[] | null }>(
    `WITH input AS MATERIALIZED (
       SELECT sku, currency, amount_minor, to_timestamp(nullif(at, 0)) AS as_of, overrides, ordinal
       FROM unnest($1::text[], $2::text[], $3::bigint[], $4::float8[], $5::bool[])
         WITH ORDINALITY AS input (sku, currency, amount_minor, at, overrides, ordinal)
     ), newer AS MATERIALIZED (
       SELECT input.sku, input.currency, input.amount_minor, input.as_of, ordinal, stored.amount_minor AS previous
       FROM input LEFT JOIN price AS stored USING (sku, currency)
       WHERE stored.sku IS NULL
          OR (overrides OR input.as_of >= coalesce(stored.as_of, stored.valid_from))
             AND (stored.amount_minor <> input.amount_minor
                  OR input.as_of > coalesce(stored.as_of, stored.valid_from))
     ), written AS (
       UPDATE price SET amount_minor = newer.amount_minor, as_of = newer.as_of,
         valid_from = CASE WHEN newer.previous = newer.amount_minor THEN price.valid_from ELSE statement_timestamp() END
       FROM newer
       WHERE newer.previous IS NOT NULL AND price.sku = newer.sku AND price.currency = newer.currency
     )
     SELECT array_to_json(array_agg(ordinal)) AS ordinals, array_to_json(array_agg(previous)) AS previous
     FROM newer WHERE previous IS DISTINCT FROM amount_minor`,
    [
      arrayText(prices.map(({ sku }) => sku)),
      arrayText(prices.map(({ currency }) => currency)),
      arrayText(prices.map(({ amountMinor }) => amountMinor)),
      arrayText(prices.map(({ at }) => (at ?? 0) / MS)),
      `{${prices.map(({ overrides }) => (overrides ? "t" : "f")).join(",")}}`,
    ],
  );
  const outcome: Outcome = { changed: [], missing: [] };
  const previous = row?.previous ?? [];
  (row?.ordinals ?? []).forEach((ordinal, at) => {
    const previousMinor = previous[at] ?? null;
    if (previousMinor === null) outcome.missing.push(ordinal - 1);
    else outcome.changed.push({ index: ordinal - 1, previousMinor });
  });
  return outcome;
}

/** Stores prices that have none in their currency yet. Their shards must be locked. */
export function storeFirst(tx: Pick<Transaction, "write">, prices: readonly StreamedPrice[]): void {
  tx.write(
    `INSERT INTO price (sku, currency, amount_minor, as_of, valid_from)
     SELECT sku, currency, amount_minor, to_timestamp(nullif(at, 0)), statement_timestamp()
     FROM unnest($1::text[], $2::text[], $3::bigint[], $4::float8[]) AS input (sku, currency, amount_minor, at)`,
    [
      arrayText(prices.map(({ sku }) => sku)),
      arrayText(prices.map(({ currency }) => currency)),
      arrayText(prices.map(({ amountMinor }) => amountMinor)),
      arrayText(prices.map(({ at }) => (at ?? 0) / MS)),
    ],
  );
}

/** Adds changes to the history, a row for each shard. */
export function keepHistory(
  tx: Pick<Transaction, "write">,
  byShard: ReadonlyMap<string, readonly ChangedPrice[]>,
): void {
  const rows = [...byShard].map(([shard, changes]) => ({
    shard,
    skus: changes.map(({ sku }) => sku),
    currencies: changes.map(({ currency }) => currency),
    amounts: changes.map(({ amountMinor }) => amountMinor),
  }));
  tx.write(
    `INSERT INTO price_change_part (shard, valid_from, skus, currencies, amounts)
     SELECT shard, statement_timestamp(), skus, currencies, amounts
     FROM json_to_recordset($1::json) AS row (shard text, skus text[], currencies text[], amounts bigint[])`,
    [JSON.stringify(rows)],
  );
}

import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import { pricingLimits } from "./domain/limits.ts";
import type { PriceList } from "./domain/lists.ts";
import type { PriceTerms } from "./domain/price-terms.ts";
import { type ExchangeRate, ratesOf } from "./domain/rates.ts";

const LIST = `code, currency, customer_group AS "customerGroup", region, starts_at AS "startsAt", ends_at AS "endsAt", priority`;

/** All lists and rates. They are at least as new as the version, which is read first. */
export async function readTerms(db: Queryable): Promise<PriceTerms & { databaseMs: number }> {
  const [row] = await db.query<{ version: number; databaseMs: number }>(
    `SELECT version, (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS "databaseMs" FROM price_terms`,
  );
  if (!row) throw new Error("The table price_terms is empty.");
  const [lists, rates] = await Promise.all([
    db.query<PriceList>(`SELECT ${LIST} FROM price_list ORDER BY code LIMIT $1`, [pricingLimits.PRICE_LISTS]),
    db.query<ExchangeRate>(`SELECT source AS "from", target AS "to", rate::text AS rate FROM exchange_rate LIMIT $1`, [
      pricingLimits.EXCHANGE_RATES,
    ]),
  ]);
  return { ...row, lists: new Map(lists.map((list) => [list.code, list])), rates: ratesOf(rates) };
}

/** Lets every node notice that lists or rates have changed. Changes of them happen one after the other. */
export function raiseTermsVersion(tx: Pick<Transaction, "write">): void {
  tx.write("UPDATE price_terms SET version = version + 1");
}

export async function countLists(tx: Queryable): Promise<number> {
  const [row] = await tx.query<{ count: number }>("SELECT count(*)::int AS count FROM price_list");
  return row?.count ?? 0;
}

/** @returns false when there is one with this code already */
export async function insertList(tx: Queryable, list: PriceList): Promise<boolean> {
  const inserted = await tx.query(
    `INSERT INTO price_list (code, currency, customer_group, region, starts_at, ends_at, priority)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING code`,
    valuesOf(list),
  );
  return inserted.length > 0;
}

export async function updateList(tx: Queryable, list: PriceList): Promise<void> {
  await tx.query(
    `UPDATE price_list SET currency = $2, customer_group = $3, region = $4, starts_at = $5, ends_at = $6, priority = $7,
            changed_at = now()
     WHERE code = $1`,
    valuesOf(list),
  );
}

function valuesOf({ code, currency, customerGroup, region, startsAt, endsAt, priority }: PriceList): unknown[] {
  return [code, currency, customerGroup, region, startsAt, endsAt, priority];
}

export async function findList(db: Queryable, code: string): Promise<PriceList | undefined> {
  const [list] = await db.query<PriceList>(`SELECT ${LIST} FROM price_list WHERE code = $1`, [code]);
  return list;
}

/** Until the transaction ends, the list stays as it is, and nobody else changes its prices. */
export async function lockList(tx: Queryable, code: string): Promise<PriceList | undefined> {
  const [list] = await tx.query<PriceList>(`SELECT ${LIST} FROM price_list WHERE code = $1 FOR NO KEY UPDATE`, [code]);
  return list;
}

export async function pageOfLists(
  db: Queryable,
  page: { limit: number; offset: number },
): Promise<{ lists: PriceList[]; total: number }> {
  const [lists, total] = await Promise.all([
    db.query<PriceList>(`SELECT ${LIST} FROM price_list ORDER BY code LIMIT $1 OFFSET $2`, [page.limit, page.offset]),
    countLists(db),
  ]);
  return { lists, total };
}

export interface StoredRate {
  from: string;
  to: string;
  rate: number;
  validFrom: Date;
}

const RATE = `source AS "from", target AS "to", rate::float8 AS rate, valid_from AS "validFrom"`;

/** @returns whether it is another one than before */
export async function saveRate(tx: Queryable, from: string, to: string, rate: number): Promise<boolean> {
  const changed = await tx.query(
    `INSERT INTO exchange_rate (source, target, rate) VALUES ($1, $2, $3::text::numeric)
     ON CONFLICT (source, target) DO UPDATE SET rate = excluded.rate, valid_from = now()
       WHERE exchange_rate.rate <> excluded.rate
     RETURNING source`,
    [from, to, String(rate)],
  );
  return changed.length > 0;
}

export async function findRate(db: Queryable, from: string, to: string): Promise<StoredRate | undefined> {
  const [rate] = await db.query<StoredRate>(`SELECT ${RATE} FROM exchange_rate WHERE source = $1 AND target = $2`, [
    from,
    to,
  ]);
  return rate;
}

export async function countRates(db: Queryable): Promise<number> {
  const [row] = await db.query<{ count: number }>("SELECT count(*)::int AS count FROM exchange_rate");
  return row?.count ?? 0;
}

export async function pageOfRates(
  db: Queryable,
  page: { limit: number; offset: number },
): Promise<{ rates: StoredRate[]; total: number }> {
  const [rates, total] = await Promise.all([
    db.query<StoredRate>(`SELECT ${RATE} FROM exchange_rate ORDER BY source, target LIMIT $1 OFFSET $2`, [
      page.limit,
      page.offset,
    ]),
    countRates(db),
  ]);
  return { rates, total };
}

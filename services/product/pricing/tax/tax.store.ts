import { paging } from "#lib/contract/contract.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import type { Exemption } from "./domain/buyer.ts";
import { taxLimits } from "./domain/limits.ts";
import { STANDARD, type TaxRate } from "./domain/rates.ts";
import type { TaxSettings } from "./domain/settings.ts";

export type StoredSettings = Pick<TaxSettings, "pricesInclude" | "pricesIncludeElsewhere" | "roundPer">;

const RATE = `rate_id AS "rateId", country, state, zip, category, name, rate::float8 AS rate, compound,
  valid_from AS "validFrom", valid_to AS "validTo"`;
const VALUES = "$2, $3, $4, $5, $6, $7::numeric, $8::boolean, $9::timestamptz, $10::timestamptz";

function valuesOf({ rateId, country, state, zip, category, name, rate, compound, validFrom, validTo }: TaxRate) {
  return [rateId, country, state, zip, category, name, rate, compound, validFrom, validTo];
}

export function allRates(db: Queryable): Promise<TaxRate[]> {
  return db.query<TaxRate>(`SELECT ${RATE} FROM tax_rate ORDER BY rate_id`);
}

/** @returns whether there was room for it */
export async function insertRate(db: Queryable, rate: TaxRate): Promise<boolean> {
  const rows = await db.query(
    `INSERT INTO tax_rate (rate_id, country, state, zip, category, name, rate, compound, valid_from, valid_to)
     SELECT $1, ${VALUES} WHERE (SELECT count(*) FROM tax_rate) < $11 RETURNING 1 AS stored`,
    [...valuesOf(rate), taxLimits.TAX_RATES],
  );
  return rows.length > 0;
}

/** @returns whether there is such a rate */
export async function replaceRate(db: Queryable, rate: TaxRate): Promise<boolean> {
  const rows = await db.query(
    `UPDATE tax_rate SET (country, state, zip, category, name, rate, compound, valid_from, valid_to) = (${VALUES})
     WHERE rate_id = $1 RETURNING 1 AS stored`,
    valuesOf(rate),
  );
  return rows.length > 0;
}

export async function deleteRate(db: Queryable, rateId: string): Promise<boolean> {
  return (await db.query("DELETE FROM tax_rate WHERE rate_id = $1 RETURNING 1 AS gone", [rateId])).length > 0;
}

export async function findRate(db: Queryable, rateId: string): Promise<TaxRate | undefined> {
  const [row] = await db.query<TaxRate>(`SELECT ${RATE} FROM tax_rate WHERE rate_id = $1`, [rateId]);
  return row;
}

/** One page of rates, the oldest first. */
export async function pageOfRates(
  db: Queryable,
  country: string | undefined,
  query: { page?: number | undefined; limit?: number | undefined },
) {
  const { page, limit, offset } = paging(query);
  const [rows, [counted]] = await Promise.all([
    db.query<TaxRate>(
      `SELECT ${RATE} FROM tax_rate WHERE $1::text IS NULL OR country = $1 ORDER BY rate_id LIMIT $2 OFFSET $3`,
      [country, limit, offset],
    ),
    db.query<{ total: number }>("SELECT count(*)::int AS total FROM tax_rate WHERE $1::text IS NULL OR country = $1", [
      country,
    ]),
  ]);
  return { rows, pagination: { page, limit, total: counted?.total ?? 0 } };
}

const SETTINGS = `prices_include AS "pricesInclude", prices_include_elsewhere AS "pricesIncludeElsewhere",
  round_per AS "roundPer"`;

export async function readSettings(db: Queryable): Promise<StoredSettings> {
  const [row] = await db.query<StoredSettings>(`SELECT ${SETTINGS} FROM tax_settings`);
  if (!row) throw new Error("The table tax_settings is empty.");
  return row;
}

/** Sets what is given. */
export async function saveSettings(db: Queryable, change: Partial<StoredSettings>): Promise<StoredSettings> {
  const { pricesInclude, pricesIncludeElsewhere, roundPer } = change;
  const [row] = await db.query<StoredSettings>(
    `UPDATE tax_settings SET prices_include = coalesce($1::json, prices_include),
       prices_include_elsewhere = coalesce($2::boolean, prices_include_elsewhere), round_per = coalesce($3, round_per)
     RETURNING ${SETTINGS}`,
    [pricesInclude && JSON.stringify(pricesInclude), pricesIncludeElsewhere, roundPer],
  );
  if (!row) throw new Error("The table tax_settings is empty.");
  return row;
}

export interface StoredExemption extends Exemption {
  exemptionId: string;
  customerId: string;
  certificate: string;
  validUntil: Date;
  /** Whether it holds now, by the database's clock. */
  valid: boolean;
}

const EXEMPTION = `exemption_id AS "exemptionId", customer_id AS "customerId", country, state, certificate,
  valid_until AS "validUntil", valid_until > now() AS valid`;

/** @returns undefined when the customer has too many */
export async function insertExemption(
  db: Queryable,
  { exemptionId, customerId, country, state, certificate, validUntil }: Omit<StoredExemption, "valid">,
): Promise<StoredExemption | undefined> {
  const [row] = await db.query<StoredExemption>(
    `INSERT INTO tax_exemption (exemption_id, customer_id, country, state, certificate, valid_until)
     SELECT $1, $2, $3, $4, $5, $6::timestamptz
     WHERE (SELECT count(*) FROM tax_exemption WHERE customer_id = $2) < $7
     RETURNING ${EXEMPTION}`,
    [exemptionId, customerId, country, state, certificate, validUntil, taxLimits.EXEMPTIONS_PER_CUSTOMER],
  );
  return row;
}

export function exemptionsOf(db: Queryable, customerId: string): Promise<StoredExemption[]> {
  return db.query<StoredExemption>(
    `SELECT ${EXEMPTION} FROM tax_exemption WHERE customer_id = $1 ORDER BY exemption_id`,
    [customerId],
  );
}

export async function deleteExemption(db: Queryable, customerId: string, exemptionId: string): Promise<boolean> {
  const text = "DELETE FROM tax_exemption WHERE customer_id = $1 AND exemption_id = $2 RETURNING 1 AS gone";
  return (await db.query(text, [customerId, exemptionId])).length > 0;
}

/** Whether any certificate and any sku with a category of its own are there. */
export async function readUse(db: Queryable): Promise<{ exempts: boolean; categories: boolean }> {
  const [row] = await db.query<{ exempts: boolean; categories: boolean }>(
    "SELECT EXISTS (SELECT FROM tax_exemption) AS exempts, EXISTS (SELECT FROM taxed_sku WHERE category <> $1) AS categories",
    [STANDARD],
  );
  return row ?? { exempts: true, categories: true };
}

/** The categories of those skus that have one of their own. */
export async function categoriesOf(db: Queryable, skus: readonly string[]): Promise<Map<string, string>> {
  const rows = await db.query<{ sku: string; category: string }>(
    "SELECT sku, category FROM taxed_sku WHERE sku = ANY ($1::text[])",
    [skus],
  );
  return new Map(rows.map(({ sku, category }) => [sku, category]));
}

/** What the catalogue has said of a product, and when: ISO 8601. */
export interface ToldCategory {
  productId: string;
  category: string;
  skus: readonly string[];
  toldAt: string;
}

/**
 * Stores the categories of products, of each product once. What was told before something that is stored of the product, or
 * of a sku that has moved to another one, changes nothing. Of standard products only those have rows that had another
 * category before.
 */
export async function saveCategories(db: Queryable, products: readonly ToldCategory[]): Promise<void> {
  const rows = products.flatMap(({ skus, ...told }) => skus.map((sku) => ({ sku, ...told })));
  await db.query(
    `WITH told AS (
       SELECT DISTINCT ON (sku) *
       FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) AS t (sku, product_id, category, told_at)
       WHERE NOT EXISTS (SELECT FROM taxed_sku s WHERE s.product_id = t.product_id AND s.told_at > t.told_at)
       ORDER BY sku, told_at DESC
     ), gone AS (
       DELETE FROM taxed_sku s WHERE product_id IN (SELECT product_id FROM told) AND sku NOT IN (SELECT sku FROM told)
     )
     INSERT INTO taxed_sku (sku, product_id, category, told_at)
     SELECT * FROM told WHERE category <> $5 OR EXISTS (SELECT FROM taxed_sku s WHERE s.sku = told.sku)
     ON CONFLICT (sku) DO UPDATE
       SET product_id = EXCLUDED.product_id, category = EXCLUDED.category, told_at = EXCLUDED.told_at
       WHERE taxed_sku.told_at <= EXCLUDED.told_at`,
    [
      rows.map(({ sku }) => sku),
      rows.map(({ productId }) => productId),
      rows.map(({ category }) => category),
      rows.map(({ toldAt }) => toldAt),
      STANDARD,
    ],
  );
}

import type { Queryable } from "#lib/sql/transaction.ts";
import type { CommissionRule } from "./domain/commission.ts";

interface RuleRow {
  sellerId: string | null;
  category: string | null;
  basisPoints: number;
  minimumMinor: number | null;
  minimumCurrency: string | null;
}

const RULE = `nullif(seller_id, '') AS "sellerId", nullif(category, '') AS category, basis_points AS "basisPoints",
  minimum_minor AS "minimumMinor", minimum_currency AS "minimumCurrency"`;

function ruleOf({ minimumMinor, minimumCurrency, ...rule }: RuleRow): CommissionRule {
  const minimum =
    minimumMinor === null || minimumCurrency === null ? null : { currency: minimumCurrency, minor: minimumMinor };
  return { ...rule, minimum };
}

type RuleKey = Pick<CommissionRule, "sellerId" | "category">;

/** @returns false when there are as many rules as there may be, and this one would be another */
export async function saveRule(tx: Queryable, rule: CommissionRule, most: number): Promise<boolean> {
  const { sellerId, category, basisPoints, minimum } = rule;
  const saved = await tx.query(
    `INSERT INTO commission_rule (seller_id, category, basis_points, minimum_minor, minimum_currency)
     SELECT $1, $2, $3, $4, $5
     WHERE (SELECT count(*) FROM commission_rule) < $6 OR EXISTS (
       SELECT FROM commission_rule WHERE seller_id = $1 AND category = $2)
     ON CONFLICT (seller_id, category) DO UPDATE SET basis_points = excluded.basis_points,
       minimum_minor = excluded.minimum_minor, minimum_currency = excluded.minimum_currency, changed_at = now()
     RETURNING basis_points`,
    [sellerId ?? "", category ?? "", basisPoints, minimum?.minor ?? null, minimum?.currency ?? null, most],
  );
  return saved.length > 0;
}

/** @returns whether there was such a rule */
export async function deleteRule(db: Queryable, { sellerId, category }: RuleKey): Promise<boolean> {
  const deleted = await db.query(
    "DELETE FROM commission_rule WHERE seller_id = $1 AND category = $2 RETURNING basis_points",
    [sellerId ?? "", category ?? ""],
  );
  return deleted.length > 0;
}

export async function pageOfRules(
  db: Queryable,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ rules: CommissionRule[]; total: number }> {
  const [rows, counted] = await Promise.all([
    db.query<RuleRow>(`SELECT ${RULE} FROM commission_rule ORDER BY seller_id, category LIMIT $1 OFFSET $2`, [
      limit,
      offset,
    ]),
    db.query<{ total: number }>("SELECT count(*)::int AS total FROM commission_rule"),
  ]);
  return { rules: rows.map(ruleOf), total: counted[0]?.total ?? 0 };
}

/** The rules that may hold for these sellers and categories. */
export async function rulesFor(
  db: Queryable,
  sellerIds: readonly string[],
  categories: readonly string[],
): Promise<CommissionRule[]> {
  const rows = await db.query<RuleRow>(
    `SELECT ${RULE} FROM commission_rule WHERE seller_id = ANY ($1::text[]) AND category = ANY ($2::text[])`,
    [
      ["", ...sellerIds],
      ["", ...categories],
    ],
  );
  return rows.map(ruleOf);
}

export async function categoriesOf(db: Queryable, skus: readonly string[]): Promise<Map<string, string[]>> {
  const rows = await db.query<{ sku: string; categories: string[] }>(
    "SELECT sku, categories FROM sku_category WHERE sku = ANY ($1::text[])",
    [skus],
  );
  return new Map(rows.map(({ sku, categories }) => [sku, categories]));
}

export interface ToldCategories {
  sku: string;
  categories: readonly string[];
  toldAt: string;
}

/** Keeps the categories of each sku as the latest event says. */
export async function saveCategories(tx: Queryable, told: readonly ToldCategories[]): Promise<void> {
  const ordered = told.toSorted((a, b) => (a.sku < b.sku ? -1 : 1));
  await tx.query(
    `INSERT INTO sku_category (sku, categories, told_at)
     SELECT sku, ARRAY(SELECT json_array_elements_text(categories)), told_at
     FROM unnest($1::text[], $2::json[], $3::timestamptz[]) AS t (sku, categories, told_at)
     ON CONFLICT (sku) DO UPDATE SET categories = excluded.categories, told_at = excluded.told_at
       WHERE sku_category.told_at <= excluded.told_at`,
    [
      ordered.map(({ sku }) => sku),
      ordered.map(({ categories }) => JSON.stringify(categories)),
      ordered.map(({ toldAt }) => toldAt),
    ],
  );
}

import { arrayText } from "#lib/sql/array-text.ts";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import { keyOf } from "./domain/codes.ts";
import type { History } from "./domain/parse-terms.ts";
import type { Promotion } from "./domain/promotion.ts";

export interface StoredPromotion extends Promotion {
  uses: number;
  spentMinor: number;
  createdAt: Date;
}

/** What a statement about promotions reads of each. */
export const PROMOTION = `p.promotion_id AS "promotionId", p.name, coupon.code AS coupon, p.only_with_code AS "onlyWithCode",
  p.conditions, p.effect, p.currency, p.starts_at AS "startsAt", p.ends_at AS "endsAt", p.priority, p.exclusive,
  u.usage_limit AS "usageLimit", p.usage_per_customer AS "usagePerCustomer", u.budget_minor AS "budgetMinor", u.uses,
  u.spent_minor AS "spentMinor", p.created_at AS "createdAt"`;
export const WITH_USE = `JOIN promotion_use u ON u.promotion_id = p.promotion_id
  LEFT JOIN promotion_code coupon ON coupon.promotion_id = p.promotion_id AND NOT coupon.once`;

const NOT_ENDED = "(p.ends_at IS NULL OR p.ends_at > now())";
const OF_STATUS = {
  scheduled: `${NOT_ENDED} AND p.starts_at > now()`,
  active: `${NOT_ENDED} AND p.starts_at <= now()`,
  ended: "p.ends_at <= now()",
} as const;

/** Changes of promotions happen one after the other, so that a node that knows a version knows all before it. */
export async function raiseVersion(tx: Queryable): Promise<{ version: number; now: Date }> {
  const [row] = await tx.query<{ version: number; now: Date }>(
    "UPDATE promotion_terms SET version = version + 1 RETURNING version, clock_timestamp() AS now",
  );
  if (!row) throw new Error("The table promotion_terms is empty.");
  return row;
}

export async function countNotEnded(tx: Queryable): Promise<number> {
  const [row] = await tx.query<{ count: number }>(`SELECT count(*)::int AS count FROM promotion p WHERE ${NOT_ENDED}`);
  return row?.count ?? 0;
}

export function insertPromotion(
  tx: Transaction,
  promotion: Promotion & Pick<StoredPromotion, "createdAt">,
  version: number,
): void {
  tx.write(
    `INSERT INTO promotion (promotion_id, name, only_with_code, conditions, effect, currency, starts_at, ends_at, priority,
                            exclusive, usage_per_customer, version, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [...valuesOf(promotion, version), promotion.createdAt],
  );
  tx.write(
    "INSERT INTO promotion_use (promotion_id, usage_limit, budget_minor) VALUES ($1, $2, $3)",
    limitsOf(promotion),
  );
}

/** The use of the promotion must be locked. */
export function updatePromotion(tx: Transaction, promotion: Promotion, version: number): void {
  tx.write(
    `UPDATE promotion SET name = $2, only_with_code = $3, conditions = $4, effect = $5, currency = $6, starts_at = $7,
            ends_at = $8, priority = $9, exclusive = $10, usage_per_customer = $11, version = $12
     WHERE promotion_id = $1`,
    valuesOf(promotion, version),
  );
  tx.write("UPDATE promotion_use SET usage_limit = $2, budget_minor = $3 WHERE promotion_id = $1", limitsOf(promotion));
}

function valuesOf(promotion: Promotion, version: number): unknown[] {
  const { promotionId, name, onlyWithCode, conditions, effect, currency, startsAt, endsAt } = promotion;
  const { priority, exclusive, usagePerCustomer } = promotion;
  return [
    ...[
      promotionId,
      name,
      onlyWithCode,
      JSON.stringify(conditions),
      JSON.stringify(effect),
      currency,
      startsAt,
      endsAt,
    ],
    ...[priority, exclusive, usagePerCustomer, version],
  ];
}

function limitsOf({ promotionId, usageLimit, budgetMinor }: Promotion): unknown[] {
  return [promotionId, usageLimit, budgetMinor];
}

/** The code of a promotion that has ended is free again. @returns false when another promotion has it */
export async function saveCoupon(tx: Queryable, promotionId: string, coupon: string | null): Promise<boolean> {
  const key = coupon === null ? null : keyOf(coupon);
  await tx.query(
    "DELETE FROM promotion_code WHERE promotion_id = $1 AND NOT once AND code_key IS DISTINCT FROM $2::text",
    [promotionId, key],
  );
  if (key === null) return true;
  const saved = await tx.query(
    `INSERT INTO promotion_code (code_key, promotion_id, code, once) VALUES ($2, $1, $3, false)
     ON CONFLICT (code_key) DO UPDATE SET code = excluded.code, promotion_id = excluded.promotion_id
       WHERE NOT promotion_code.once AND (promotion_code.promotion_id = $1 OR EXISTS (
         SELECT FROM promotion p WHERE p.promotion_id = promotion_code.promotion_id AND p.ends_at <= now()
       ))
     RETURNING code_key`,
    [promotionId, key, coupon],
  );
  return saved.length > 0;
}

/** Until the transaction ends, nothing is reserved or given back of the promotion, and its terms stay. */
export async function lockPromotion(tx: Queryable, promotionId: string): Promise<StoredPromotion | undefined> {
  tx.query("SELECT FROM promotion_use WHERE promotion_id = $1 FOR UPDATE", [promotionId]).catch(() => undefined);
  return findPromotion(tx, promotionId); // a statement of its own sees what was committed before the lock
}

export async function findPromotion(db: Queryable, promotionId: string): Promise<StoredPromotion | undefined> {
  const [row] = await db.query<StoredPromotion>(
    `SELECT ${PROMOTION} FROM promotion p ${WITH_USE} WHERE p.promotion_id = $1`,
    [promotionId],
  );
  return row;
}

/** What binds later terms of a promotion. */
export async function historyOf(tx: Queryable, { promotionId, uses, spentMinor }: StoredPromotion): Promise<History> {
  const rows = await tx.query<{ currency: string }>(
    `SELECT DISTINCT r.currency FROM redemption r JOIN reservation o USING (order_id)
     WHERE r.promotion_id = $1 AND o.state <> 'released' AND r.amount_minor > 0 LIMIT 2`,
    [promotionId],
  );
  return { uses, spentMinor, currency: rows.length === 1 ? (rows[0]?.currency ?? null) : null };
}

export async function pageOfPromotions(
  db: Queryable,
  status: keyof typeof OF_STATUS | undefined,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ promotions: StoredPromotion[]; total: number }> {
  const where = status ? `WHERE ${OF_STATUS[status]}` : "";
  const [promotions, counted] = await Promise.all([
    db.query<StoredPromotion>(
      `SELECT ${PROMOTION} FROM promotion p ${WITH_USE} ${where} ORDER BY p.promotion_id DESC LIMIT $1 OFFSET $2`,
      [limit, offset],
    ),
    db.query<{ count: number }>(`SELECT count(*)::int AS count FROM promotion p ${where}`),
  ]);
  return { promotions, total: counted[0]?.count ?? 0 };
}

export async function countCodes(tx: Queryable, promotionId: string): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    "SELECT count(*)::int AS count FROM promotion_code WHERE promotion_id = $1",
    [promotionId],
  );
  return row?.count ?? 0;
}

/** @throws the error of the database when there is one of these codes already */
export async function insertCodes(tx: Queryable, promotionId: string, codes: readonly string[]): Promise<void> {
  await tx.query(
    `INSERT INTO promotion_code (code_key, promotion_id, code, once)
     SELECT code_key, $1, code, true FROM unnest($2::text[], $3::text[]) AS c (code_key, code)`,
    [promotionId, arrayText(codes.map(keyOf)), arrayText(codes)],
  );
}

/** Whether a promotion that has not ended asks for categories. */
export async function anyOfCategories(db: Queryable): Promise<boolean> {
  const [row] = await db.query<{ any: boolean }>(
    `SELECT EXISTS (
       SELECT FROM promotion p WHERE ${NOT_ENDED} AND (p.conditions::text || p.effect::text) LIKE '%"categories"%'
     ) AS any`,
  );
  return row?.any ?? false;
}

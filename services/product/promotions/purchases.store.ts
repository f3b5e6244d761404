import { arrayText } from "#lib/sql/array-text.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import type { Uses } from "./domain/check-terms.ts";
import type { Promotion } from "./domain/promotion.ts";
import { PROMOTION, type StoredPromotion, WITH_USE } from "./promotions.store.ts";

// What a purchase is compared with.

/** What is known of a buyer and of the items, and how new a node must be to decide. */
export interface Facts {
  version: number;
  now: Date;
  groups: readonly string[];
  hasPaid: boolean;
  /** By sku: its categories and all above them. */
  categories: Readonly<Record<string, string[]>>;
}

/** @param skus of which the categories matter */
export async function readFacts(db: Queryable, customerId: string | null, skus: readonly string[]): Promise<Facts> {
  const [row] = await db.query<Facts>(
    `SELECT version, clock_timestamp() AS now,
       coalesce((SELECT groups FROM customer_group WHERE customer_id = $1), '{}') AS groups,
       EXISTS (SELECT FROM paying_customer WHERE customer_id = $1) AS "hasPaid",
       coalesce((
         SELECT json_object_agg(sku, categories) FROM (
           SELECT sku, json_agg(DISTINCT one.category) AS categories
           FROM sku_category CROSS JOIN LATERAL unnest(categories) AS own (category)
           LEFT JOIN category_path path ON path.slug = own.category
           CROSS JOIN LATERAL unnest(array_append(coalesce(path.above, '{}'), own.category)) AS one (category)
           WHERE sku = ANY ($2::text[]) GROUP BY sku
         ) asked
       ), '{}'::json) AS categories
     FROM promotion_terms`,
    [customerId, arrayText(skus)],
  );
  if (!row) throw new Error("The table promotion_terms is empty.");
  return row;
}

/** A code with its promotion, and the order that has it if it is good once. */
export interface KnownCode {
  codeKey: string;
  orderId: string | null;
  promotion: Promotion;
}

export async function findCodes(db: Queryable, codeKeys: readonly string[]): Promise<KnownCode[]> {
  const rows = await db.query<StoredPromotion & Omit<KnownCode, "promotion">>(
    `SELECT asked.code_key AS "codeKey", asked.order_id AS "orderId", ${PROMOTION}
     FROM promotion_code asked JOIN promotion p ON p.promotion_id = asked.promotion_id ${WITH_USE}
     WHERE asked.code_key = ANY ($1::text[])`,
    [codeKeys],
  );
  return rows.map(({ codeKey, orderId, ...promotion }) => ({ codeKey, orderId, promotion }));
}

/** How often promotions were used, in all and by one customer. */
export async function usesOf(
  db: Queryable,
  promotionIds: readonly string[],
  customerId: string | null,
): Promise<Map<string, Uses>> {
  const rows = await db.query<Uses & { promotionId: string }>(
    `SELECT promotion_id AS "promotionId", uses, spent_minor AS "spentMinor", (
       SELECT count(*)::int FROM redemption r JOIN reservation o USING (order_id)
       WHERE r.customer_id = $2 AND r.promotion_id = promotion_use.promotion_id AND o.state <> 'released'
     ) AS "byCustomer"
     FROM promotion_use WHERE promotion_id = ANY ($1::text[])`,
    [promotionIds, customerId],
  );
  return new Map(rows.map(({ promotionId, ...uses }) => [promotionId, uses]));
}

/** Promotions without a code that were changed after a version; those that had ended by then are left out of version 0. */
export async function changedSince(
  db: Queryable,
  version: number,
): Promise<{ version: number; now: Date; promotions: Promotion[] }> {
  const [terms] = await db.query<{ version: number; now: Date }>(
    "SELECT version, clock_timestamp() AS now FROM promotion_terms",
  );
  if (!terms) throw new Error("The table promotion_terms is empty.");
  if (terms.version === version) return { ...terms, promotions: [] };
  const promotions = await db.query<StoredPromotion>(
    `SELECT ${PROMOTION} FROM promotion p ${WITH_USE}
     WHERE p.version > $1 AND ($1 > 0 OR NOT p.only_with_code AND (p.ends_at IS NULL OR p.ends_at > now()))`,
    [version],
  );
  return { ...terms, promotions };
}

/** Promotions without a code that held at a moment, by what their terms are now. */
export async function heldAt(db: Queryable, at: Date): Promise<Promotion[]> {
  return db.query<StoredPromotion>(
    `SELECT ${PROMOTION} FROM promotion p ${WITH_USE}
     WHERE NOT p.only_with_code AND p.starts_at <= $1 AND (p.ends_at IS NULL OR p.ends_at > $1)`,
    [at],
  );
}

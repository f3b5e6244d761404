import type { Queryable, Transaction } from "#lib/sql/transaction.ts";

// How the draft becomes a snapshot. A column that is added to a table of the draft is added to its published table in the
// same migration, and here; a test compares them.

/** The columns of each table of the draft that a snapshot has, too. */
export const COPIED = {
  product: [
    "product_id",
    "slug",
    "title",
    "kind",
    "brand",
    "images",
    "description",
    "attributes",
    "attribute_set",
    "tax_category",
    "filter_terms",
    "filter_numbers",
    "search_text",
    "created_at",
    "updated_at",
  ],
  variant: ["product_id", "place", "sku", "attributes", "components"],
  product_category: ["product_id", "place", "category", "brand", "created_at", "title_key"],
  brand: ["slug", "name", "search_text"],
  category: ["slug", "name", "parent"],
} as const;

/** Columns of `product` that are no facts: a product that differs in them alone is the same. */
const NO_FACTS: readonly string[] = ["search_text", "created_at", "updated_at"];

/** `to_snapshot` of a row until the next change. */
export const FURTHER_NOTICE = 2_147_483_647;

/** SQL: the checksum of all facts of a row `p` of `product`, or, with these tables, of `published_product`. */
export function checksumOf(variants = "variant v WHERE", places = "product_category c WHERE"): string {
  const facts = COPIED.product.filter((column) => !NO_FACTS.includes(column)).map((column) => `p.${column}`);
  return `('x' || left(md5(ROW(${facts.join(", ")},
    (SELECT string_agg(ROW(v.place, v.sku, v.attributes, v.components)::text, ',' ORDER BY v.place)
     FROM ${variants} v.product_id = p.product_id),
    (SELECT string_agg(c.category, ',' ORDER BY c.place) FROM ${places} c.product_id = p.product_id))::text), 16))::bit(64)::bigint`;
}

const columns = (table: keyof typeof COPIED, row = "") => COPIED[table].map((column) => row + column).join(", ");

/** Ends the published rows, of a table whose rows have `product_id`, of the products that differ. */
const ended = (table: string) => `
  UPDATE ${table} o SET to_snapshot = $1 FROM differing d
  WHERE o.product_id = d.product_id AND o.to_snapshot = ${FURTHER_NOTICE} AND o.from_snapshot = d.since`;

const copied = (table: keyof typeof COPIED) => `
  INSERT INTO published_${table} (${columns(table)}, from_snapshot)
  SELECT ${columns(table, "h.")}, $1 FROM ${table} h JOIN differing d ON d.product_id = h.product_id WHERE d.is_there`;

/** The newest published row of a product. */
const newest = (product: string) => `
  SELECT o.checksum, o.from_snapshot FROM published_product o
  WHERE o.product_id = ${product} AND o.to_snapshot = ${FURTHER_NOTICE} ORDER BY o.from_snapshot DESC LIMIT 1`;

/** The checksum of the draft of a product; no row when the draft does not have it. OFFSET 0 computes it once. */
const drafted = (product: string) => `
  SELECT p.product_id, ${checksumOf()} AS checksum FROM product p
  WHERE p.product_id = ${product} AND p.archived_at IS NULL OFFSET 0`;

/** Each part of the statement sees the rows as they were before it, so their order does not matter. */
const COPY = `
  WITH taken AS (
    DELETE FROM draft_change WHERE snapshot = $1 AND product_id = ANY ($2::text[]) RETURNING product_id
  ), differing AS MATERIALIZED (
    SELECT t.product_id, p.product_id IS NOT NULL AS is_there, o.from_snapshot AS since, p.checksum,
           coalesce(p.checksum, 0) # coalesce(o.checksum, 0) AS difference
    FROM taken t
    LEFT JOIN LATERAL (${drafted("t.product_id")}) p ON true
    LEFT JOIN LATERAL (${newest("t.product_id")}) o ON true
    WHERE p.checksum IS DISTINCT FROM o.checksum
  ), ended_products AS (${ended("published_product")}), ended_places AS (${ended("published_product_category")}),
  products AS (
    INSERT INTO published_product (${columns("product")}, from_snapshot, checksum)
    SELECT ${columns("product", "h.")}, $1, d.checksum
    FROM product h JOIN differing d ON d.product_id = h.product_id WHERE d.is_there
  ), variants AS (${copied("variant")}), places AS (${copied("product_category")}), summed AS (
    UPDATE publication SET checksum = checksum # (SELECT coalesce(bit_xor(difference), 0) FROM differing)
    WHERE snapshot = $1
  )
  SELECT count(*)::int AS taken FROM taken`;

/**
 * Makes Postgres look up rows by their keys in this transaction, whatever its statistics say: they lag behind tables that
 * grow by a version at once, and a plan for a small table would read a large one for each part.
 */
export function lookUpByKey(tx: Transaction): void {
  const off = ["seqscan", "bitmapscan", "hashjoin", "mergejoin", "hashagg"].map(
    (way) => `set_config('enable_${way}', 'off', true)`,
  );
  tx.write(`SELECT set_config('plan_cache_mode', 'force_custom_plan', true), ${off.join(", ")}`);
}

/**
 * Copies the next products of a snapshot that is being prepared.
 * @returns how many were looked at; fewer than `rows`: they were the last ones
 */
export async function copyNext(tx: Transaction, snapshot: number, rows: number): Promise<number> {
  lookUpByKey(tx);
  // Those before are deleted, and are passed over one by one until they are vacuumed, unless the look begins after them.
  const next = await tx.query<{ id: string }>(
    `SELECT product_id AS id FROM draft_change
     WHERE snapshot = $1 AND product_id > (SELECT copied_until FROM publication WHERE snapshot = $1)
     ORDER BY product_id LIMIT $2`,
    [snapshot, rows],
  );
  const ids = next.map(({ id }) => id);
  if (ids.length === 0) return 0;
  tx.write("UPDATE publication SET copied_until = $2 WHERE snapshot = $1", [snapshot, ids.at(-1)]);
  await tx.query(COPY, [snapshot, ids]);
  return ids.length;
}

/** Copies these products, where the snapshot still lacks them: before the draft of them changes further. */
export async function copyThese(tx: Transaction, snapshot: number, productIds: readonly string[]): Promise<void> {
  lookUpByKey(tx);
  await tx.query(COPY, [snapshot, productIds]);
}

/** Brands and categories are few: they are compared as a whole, in the transaction that takes the draft. */
export async function copyTerms(tx: Queryable, snapshot: number): Promise<void> {
  for (const table of ["brand", "category"] as const) {
    const own = columns(table, "h.");
    const old = columns(table, "o.");
    await tx.query(
      `WITH ended AS (
         UPDATE published_${table} o SET to_snapshot = $1
         WHERE o.to_snapshot = ${FURTHER_NOTICE}
           AND NOT EXISTS (SELECT FROM ${table} h WHERE h.slug = o.slug AND (${own}) IS NOT DISTINCT FROM (${old}))
       )
       INSERT INTO published_${table} (${columns(table)}, from_snapshot)
       SELECT ${own}, $1 FROM ${table} h
       WHERE NOT EXISTS (
         SELECT FROM published_${table} o
         WHERE o.slug = h.slug AND o.to_snapshot = ${FURTHER_NOTICE} AND (${own}) IS NOT DISTINCT FROM (${old}))`,
      [snapshot],
    );
  }
}

/**
 * Marks the products, of a range of ids, that differ from the newest snapshot, as if they had just been written.
 * @returns the last id that was looked at; undefined when there are no more
 */
export async function markDiffering(
  tx: Transaction,
  snapshot: number,
  after: string,
  rows: number,
): Promise<string | undefined> {
  lookUpByKey(tx);
  const [row] = await tx.query<{ last: string | null }>(
    `WITH looked AS (
       SELECT product_id FROM (
         (SELECT product_id FROM product WHERE product_id > $2 ORDER BY product_id LIMIT $3)
         UNION
         (SELECT product_id FROM published_product WHERE product_id > $2 AND to_snapshot = ${FURTHER_NOTICE}
          ORDER BY product_id LIMIT $3)
       ) both_tables ORDER BY product_id LIMIT $3
     ), marked AS (
       INSERT INTO draft_change (snapshot, product_id)
       SELECT $1, l.product_id FROM looked l
       LEFT JOIN LATERAL (${drafted("l.product_id")}) p ON true
       LEFT JOIN LATERAL (${newest("l.product_id")}) o ON true
       WHERE p.checksum IS DISTINCT FROM o.checksum
       ON CONFLICT DO NOTHING
     )
     SELECT max(product_id) AS last FROM looked`,
    [snapshot, after, rows],
  );
  return row?.last ?? undefined;
}

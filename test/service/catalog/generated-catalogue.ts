import type pg from "pg";
import { COPIED, FURTHER_NOTICE } from "#services/product/catalog/publication-copy.store.ts";

/** Categories of a generated catalogue: a root, ten below it, and ten below each of these. */
export const ROOT = "root";
export const BRANCH = "branch-3";
export const LEAF = "leaf-42";
export const BRAND = "brand-7";

/**
 * Fills the tables of a catalogue by SQL: products of 100 brands in 100 leaves of a tree of categories, each of them in a
 * second leaf as well, with two variants. Titles contain the word "common", one in a thousand "rare", and their number.
 * Indexes are made afterwards, and foreign keys are not checked, which takes a quarter of the time.
 */
export async function generateCatalogue(db: pg.Client, products: number): Promise<void> {
  const { rows } = await db.query<{ name: string; definition: string }>(
    `SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
     WHERE indrelid IN ('product'::regclass, 'variant'::regclass, 'product_category'::regclass) AND NOT indisprimary`,
  );
  for (const { name } of rows) await db.query(`DROP INDEX ${name}`);
  await db.query("SET session_replication_role = replica");
  await fill(db, products);
  await db.query("RESET session_replication_role");
  for (const { definition } of rows) await db.query(definition);
  for (const table of ["brand", "category", "product", "variant", "product_category"])
    await db.query(`VACUUM (ANALYZE) ${table}`);
}

/** Gives the first products of a generated catalogue a row in each snapshot, and one more in each that follows. */
export async function publishSome(db: pg.Client, products: number, snapshots: number): Promise<void> {
  const some = `WHERE substr(h.product_id, 6)::int <= ${products}`;
  const ends = `CASE n WHEN ${snapshots} THEN ${FURTHER_NOTICE} ELSE n + 1 END`;
  const own = (table: keyof typeof COPIED) => COPIED[table].map((column) => `h.${column}`).join(", ");
  const copy = async (table: keyof typeof COPIED, where: string, more = "", values = "") =>
    db.query(
      `INSERT INTO published_${table} (${COPIED[table].join(", ")}, from_snapshot${more})
       SELECT ${own(table)}, n${values} FROM ${table} h, generate_series(1, ${snapshots}) n ${where}`,
    );
  await copy("product", some, ", to_snapshot, checksum", `, ${ends}, 0`);
  await copy("variant", some);
  await copy("product_category", some, ", to_snapshot", `, ${ends}`);
  for (const table of ["brand", "category"] as const) await copy(table, "WHERE n = 1");
  for (const table of Object.keys(COPIED)) await db.query(`VACUUM (ANALYZE) published_${table}`);
}

async function fill(db: pg.Client, products: number): Promise<void> {
  await db.query(`
    INSERT INTO brand (slug, name, search_text) SELECT 'brand-' || n, 'Brand ' || n, ' brand ' || n FROM generate_series(0, 99) n;
    INSERT INTO category (slug, name) VALUES ('root', 'Root');
    INSERT INTO category (slug, name, parent) SELECT 'branch-' || n, 'Branch', 'root' FROM generate_series(0, 9) n;
    INSERT INTO category (slug, name, parent) SELECT 'leaf-' || n, 'Leaf', 'branch-' || n % 10 FROM generate_series(0, 99) n;
  `);
  await db.query(
    `INSERT INTO product (product_id, slug, title, brand, images, description, attributes, search_text, created_at, updated_at)
     SELECT 'prod_' || n, 'product-' || n, title, 'brand-' || n % 100, '{}', repeat('It is good. ', 20), '{}',
            ' ' || lower(title) || E'\\n sku-' || n || '-0' || E'\\n sku-' || n || '-1', at, at
     FROM (SELECT n, md5(n::text) || ' common thing ' || CASE WHEN n % 1000 = 0 THEN 'rare ' ELSE '' END || n AS title,
                  timestamptz '2026-01-01' + n / 3 * interval '1 second' AS at
           FROM generate_series(1, $1::int) n) one`,
    [products],
  );
  await db.query(
    `INSERT INTO variant (product_id, place, sku, attributes)
     SELECT 'prod_' || n, place, 'SKU-' || n || '-' || place, '{}' FROM generate_series(1, $1::int) n, generate_series(0, 1) place`,
    [products],
  );
  await db.query(
    `INSERT INTO product_category (product_id, place, category, brand, created_at, title_key)
     SELECT product_id, place, 'leaf-' || (substr(product_id, 6)::int / 7 + place * 31) % 100, brand, created_at, title_key
     FROM product, generate_series(0, 1) place`,
  );
}

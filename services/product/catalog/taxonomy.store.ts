import type { Database } from "#lib/sql/database.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { collectionWith } from "./collections.store.ts";
import { fold } from "./domain/search-text.ts";
import { deleteNameTranslations } from "./translations.store.ts";

export interface Category {
  slug: string;
  name: string;
  parent: string | null;
}

export interface Brand {
  slug: string;
  name: string;
}

export function pageOfBrands(db: Database, params: { page?: number; limit?: number }) {
  return db.page<Brand>({ ...params, sort: "slug" });
}

/** @returns false when there is one with this slug */
export async function insertBrand(db: Queryable, brand: Brand): Promise<boolean> {
  const rows = await db.query(
    "INSERT INTO brand (slug, name, search_text) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING slug",
    [brand.slug, brand.name, ` ${fold(brand.name)}`],
  );
  return rows.length > 0;
}

export async function findBrand(db: Queryable, slug: string): Promise<Brand | undefined> {
  const [row] = await db.query<Brand>("SELECT slug, name FROM brand WHERE slug = $1", [slug]);
  return row;
}

export async function renameBrand(db: Queryable, brand: Brand): Promise<boolean> {
  const rows = await db.query("UPDATE brand SET name = $2, search_text = $3 WHERE slug = $1 RETURNING slug", [
    brand.slug,
    brand.name,
    ` ${fold(brand.name)}`,
  ]);
  return rows.length > 0;
}

/** Deletes a brand, also from archived products, unless a product of the shop, or a collection, has it. */
export async function deleteBrand(tx: Queryable, slug: string): Promise<"deleted" | "in use" | "unknown"> {
  const [used] = await tx.query("SELECT 1 FROM product WHERE brand = $1 AND archived_at IS NULL LIMIT 1", [slug]);
  if (used || (await collectionWith(tx, "brand", slug))) return "in use";
  await tx.query("UPDATE product SET brand = NULL WHERE brand = $1", [slug]);
  await deleteNameTranslations(tx, "brand", slug);
  const rows = await tx.query("DELETE FROM brand WHERE slug = $1 RETURNING slug", [slug]);
  return rows.length > 0 ? "deleted" : "unknown";
}

export async function pageOfCategories(
  db: Queryable,
  parent: string | null,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ categories: Category[]; total: number }> {
  const rows = await db.query<{ total: number; categories: Category[] }>(
    `WITH matching AS (SELECT slug, name, parent FROM category WHERE $1::text IS NULL OR parent = $1)
     SELECT (SELECT count(*) FROM matching) AS total,
            (SELECT COALESCE(json_agg(page), '[]') FROM (SELECT * FROM matching ORDER BY slug LIMIT $2 OFFSET $3) page) AS categories`,
    [parent, limit, offset],
  );
  return rows[0] ?? { total: 0, categories: [] };
}

/**
 * A category with all below it, each after the one that it is in, those of one level by slug; and those above it, from the
 * bottom up.
 */
export async function branchOf(
  db: Queryable,
  slug: string,
  { limit, offset, depth }: { limit: number; offset: number; depth: number },
): Promise<{ categories: Category[]; above: Category[]; total: number }> {
  const [rows, above] = await Promise.all([
    db.query<{ total: number; categories: Category[] }>(
      `WITH RECURSIVE within AS (
         SELECT slug, name, parent, ARRAY[slug] AS path FROM category WHERE slug = $1
         UNION ALL SELECT c.slug, c.name, c.parent, w.path || c.slug FROM category c JOIN within w ON c.parent = w.slug
         WHERE cardinality(w.path) < $4
       )
       SELECT (SELECT count(*) FROM within) AS total,
              (SELECT COALESCE(json_agg(json_build_object('slug', slug, 'name', name, 'parent', parent) ORDER BY path), '[]')
               FROM (SELECT * FROM within ORDER BY path LIMIT $2 OFFSET $3) page) AS categories`,
      [slug, limit, offset, depth],
    ),
    db.query<Category>(
      `WITH RECURSIVE up AS (
         SELECT slug, name, parent, 0 AS level FROM category WHERE slug = $1
         UNION ALL SELECT c.slug, c.name, c.parent, up.level + 1 FROM category c JOIN up ON c.slug = up.parent
         WHERE up.level < $2
       ) SELECT slug, name, parent FROM up WHERE level > 0 ORDER BY level DESC`,
      [slug, depth],
    ),
  ]);
  return { categories: rows[0]?.categories ?? [], total: rows[0]?.total ?? 0, above };
}

export async function findCategory(db: Queryable, slug: string): Promise<Category | undefined> {
  const [row] = await db.query<Category>("SELECT slug, name, parent FROM category WHERE slug = $1", [slug]);
  return row;
}

/** Slugs of a category and of all categories below it; none when there is no such category. */
export async function categoriesWithin(db: Queryable, slug: string): Promise<string[]> {
  const rows = await db.query<{ slug: string }>(
    `WITH RECURSIVE within AS (
       SELECT slug FROM category WHERE slug = $1
       UNION SELECT c.slug FROM category c JOIN within w ON c.parent = w.slug
     ) SELECT slug FROM within`,
    [slug],
  );
  return rows.map((row) => row.slug);
}

/** Slugs of a category and of all categories above it, from the bottom up; at most `depth` of them. */
export async function ancestorsOf(db: Queryable, slug: string, depth: number): Promise<string[]> {
  const rows = await db.query<{ slug: string }>(
    `WITH RECURSIVE up AS (
       SELECT slug, parent, 1 AS level FROM category WHERE slug = $1
       UNION ALL SELECT c.slug, c.parent, up.level + 1 FROM category c JOIN up ON c.slug = up.parent WHERE up.level < $2
     ) SELECT slug FROM up ORDER BY level`,
    [slug, depth],
  );
  return rows.map((row) => row.slug);
}

/** The number of levels of a category together with the categories below it; at most `depth`. */
export async function heightOf(db: Queryable, slug: string, depth: number): Promise<number> {
  const [row] = await db.query<{ height: number }>(
    `WITH RECURSIVE down AS (
       SELECT slug, 1 AS level FROM category WHERE slug = $1
       UNION ALL SELECT c.slug, down.level + 1 FROM category c JOIN down ON c.parent = down.slug WHERE down.level < $2
     ) SELECT COALESCE(max(level), 1)::int AS height FROM down`,
    [slug, depth],
  );
  return row?.height ?? 1;
}

/** @returns false when there is one with this slug */
export async function insertCategory(db: Queryable, { slug, name, parent }: Category): Promise<boolean> {
  const rows = await db.query(
    "INSERT INTO category (slug, name, parent) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING slug",
    [slug, name, parent],
  );
  return rows.length > 0;
}

export async function updateCategory(db: Queryable, { slug, name, parent }: Category): Promise<void> {
  await db.query("UPDATE category SET name = $2, parent = $3 WHERE slug = $1", [slug, name, parent]);
}

/** Deletes a category, also from archived products, unless it contains a category or a product of the shop, or a collection has it. */
export async function deleteCategory(tx: Queryable, slug: string): Promise<"deleted" | "in use" | "unknown"> {
  const [used] = await tx.query(
    `SELECT 1 FROM category WHERE parent = $1
     UNION ALL
     SELECT 1 FROM product_category WHERE category = $1 AND NOT archived
     LIMIT 1`,
    [slug],
  );
  if (used || (await collectionWith(tx, "category", slug))) return "in use";
  await tx.query("DELETE FROM product_category WHERE category = $1", [slug]);
  await deleteNameTranslations(tx, "category", slug);
  const rows = await tx.query("DELETE FROM category WHERE slug = $1 RETURNING slug", [slug]);
  return rows.length > 0 ? "deleted" : "unknown";
}

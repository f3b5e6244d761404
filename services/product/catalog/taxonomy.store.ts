import type { Queryable } from "#lib/sql/transaction.ts";
import { collectionWith } from "./collections.store.ts";
import { fold } from "./domain/search-text.ts";
import { type Shown, tablesOf, Values } from "./shown.store.ts";
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

interface Rows {
  limit: number;
  offset: number;
}

export async function pageOfBrands(
  db: Queryable,
  shown: Shown,
  { limit, offset }: Rows,
): Promise<{ brands: Brand[]; total: number }> {
  const values = new Values(limit, offset);
  const { brand, termSeen } = tablesOf(shown, values);
  const [row] = await db.query<{ total: number; brands: Brand[] }>(
    `WITH seen AS (SELECT slug, name FROM ${brand} WHERE ${termSeen()})
     SELECT (SELECT count(*) FROM seen) AS total,
            (SELECT COALESCE(json_agg(page), '[]') FROM (SELECT * FROM seen ORDER BY slug LIMIT $1 OFFSET $2) page) AS brands`,
    values.all,
  );
  return row ?? { total: 0, brands: [] };
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
  shown: Shown,
  parent: string | null,
  { limit, offset }: Rows,
): Promise<{ categories: Category[]; total: number }> {
  const values = new Values(parent, limit, offset);
  const { category, termSeen } = tablesOf(shown, values);
  const rows = await db.query<{ total: number; categories: Category[] }>(
    `WITH matching AS (
       SELECT slug, name, parent FROM ${category} WHERE ($1::text IS NULL OR parent = $1) AND ${termSeen()}
     )
     SELECT (SELECT count(*) FROM matching) AS total,
            (SELECT COALESCE(json_agg(page), '[]') FROM (SELECT * FROM matching ORDER BY slug LIMIT $2 OFFSET $3) page) AS categories`,
    values.all,
  );
  return rows[0] ?? { total: 0, categories: [] };
}

/**
 * A category with all below it, each after the one that it is in, those of one level by slug; and those above it, from the
 * bottom up.
 */
export async function branchOf(
  db: Queryable,
  shown: Shown,
  slug: string,
  { limit, offset, depth }: { limit: number; offset: number; depth: number },
): Promise<{ categories: Category[]; above: Category[]; total: number }> {
  const branch = new Values(slug, limit, offset, depth);
  const below = tablesOf(shown, branch);
  const path = new Values(slug, depth);
  const upward = tablesOf(shown, path);
  const [rows, above] = await Promise.all([
    db.query<{ total: number; categories: Category[] }>(
      `WITH RECURSIVE within AS (
         SELECT slug, name, parent, ARRAY[slug] AS path FROM ${below.category} WHERE slug = $1 AND ${below.termSeen()}
         UNION ALL SELECT c.slug, c.name, c.parent, w.path || c.slug FROM ${below.category} c JOIN within w ON c.parent = w.slug
         WHERE cardinality(w.path) < $4 AND ${below.termSeen("c")}
       )
       SELECT (SELECT count(*) FROM within) AS total,
              (SELECT COALESCE(json_agg(json_build_object('slug', slug, 'name', name, 'parent', parent) ORDER BY path), '[]')
               FROM (SELECT * FROM within ORDER BY path LIMIT $2 OFFSET $3) page) AS categories`,
      branch.all,
    ),
    db.query<Category>(
      `WITH RECURSIVE up AS (
         SELECT slug, name, parent, 0 AS level FROM ${upward.category} WHERE slug = $1 AND ${upward.termSeen()}
         UNION ALL SELECT c.slug, c.name, c.parent, up.level + 1 FROM ${upward.category} c JOIN up ON c.slug = up.parent
         WHERE up.level < $2 AND ${upward.termSeen("c")}
       ) SELECT slug, name, parent FROM up WHERE level > 0 ORDER BY level DESC`,
      path.all,
    ),
  ]);
  return { categories: rows[0]?.categories ?? [], total: rows[0]?.total ?? 0, above };
}

export async function findCategory(db: Queryable, slug: string): Promise<Category | undefined> {
  const [row] = await db.query<Category>("SELECT slug, name, parent FROM category WHERE slug = $1", [slug]);
  return row;
}

/** Slugs of a category and of all categories below it; none when there is no such category. */
export async function categoriesWithin(db: Queryable, shown: Shown, slug: string): Promise<string[]> {
  const values = new Values(slug);
  const { category, termSeen } = tablesOf(shown, values);
  const rows = await db.query<{ slug: string }>(
    `WITH RECURSIVE within AS (
       SELECT slug FROM ${category} WHERE slug = $1 AND ${termSeen()}
       UNION SELECT c.slug FROM ${category} c JOIN within w ON c.parent = w.slug WHERE ${termSeen("c")}
     ) SELECT slug FROM within`,
    values.all,
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

/** Those of these brands and categories that exist. */
export async function knownTaxonomy(
  db: Queryable,
  brands: readonly string[],
  categories: readonly string[],
): Promise<{ brands: Set<string>; categories: Set<string> }> {
  const [row] = await db.query<{ brands: string[]; categories: string[] }>(
    `SELECT ARRAY (SELECT slug FROM brand WHERE slug = ANY ($1::text[])) AS brands,
            ARRAY (SELECT slug FROM category WHERE slug = ANY ($2::text[])) AS categories`,
    [brands, categories],
  );
  return { brands: new Set(row?.brands), categories: new Set(row?.categories) };
}

/** Adds brands; those that exist stay as they are. */
export async function insertBrands(tx: Queryable, brands: readonly Brand[]): Promise<void> {
  if (brands.length === 0) return;
  await tx.query(
    `INSERT INTO brand (slug, name, search_text)
     SELECT slug, name, search_text FROM unnest($1::text[], $2::text[], $3::text[]) AS b (slug, name, search_text)
     ON CONFLICT DO NOTHING`,
    [brands.map(({ slug }) => slug), brands.map(({ name }) => name), brands.map(({ name }) => ` ${fold(name)}`)],
  );
}

/** Adds categories whose parents exist or come before them; those that exist stay as they are. */
export async function insertCategories(tx: Queryable, categories: readonly Category[]): Promise<void> {
  if (categories.length === 0) return;
  await tx.query(
    `INSERT INTO category (slug, name, parent)
     SELECT slug, name, parent FROM unnest($1::text[], $2::text[], $3::text[]) AS c (slug, name, parent)
     ON CONFLICT DO NOTHING`,
    [categories.map(({ slug }) => slug), categories.map(({ name }) => name), categories.map(({ parent }) => parent)],
  );
}

export async function brandNames(db: Queryable, slugs: readonly string[]): Promise<Map<string, string>> {
  const rows = await db.query<Brand>("SELECT slug, name FROM brand WHERE slug = ANY ($1::text[])", [slugs]);
  return new Map(rows.map(({ slug, name }) => [slug, name]));
}

/** These categories and all categories above them, by slug. */
export async function categoriesAbove(db: Queryable, slugs: readonly string[]): Promise<Map<string, Category>> {
  const rows = await db.query<Category>(
    `WITH RECURSIVE up AS (
       SELECT slug, name, parent FROM category WHERE slug = ANY ($1::text[])
       UNION SELECT c.slug, c.name, c.parent FROM category c JOIN up ON c.slug = up.parent
     ) SELECT slug, name, parent FROM up`,
    [slugs],
  );
  return new Map(rows.map((category) => [category.slug, category]));
}

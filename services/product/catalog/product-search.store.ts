import type { ListPart } from "#lib/contract/cursor.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import type { AttributeFilter } from "./domain/attribute-filter.ts";
import { catalogLimits } from "./domain/limits.ts";
import { type AskedFacets, countFacets, ofAttributes } from "./product-filters.store.ts";
import {
  type Count,
  clausesOf,
  type Listed,
  type ListFilter,
  type ProductKey,
  type ProductOrder,
} from "./product-lists.store.ts";
import { type Shown, type Tables, tablesOf, Values } from "./shown.store.ts";

/** Which products a search finds. */
export interface SearchFilter extends ListFilter {
  /** Those whose text matches the pattern, and those of the brands whose names do; absent: any. */
  matching?: Matching | undefined;
  slug?: string | undefined;
  attributes?: readonly AttributeFilter[];
  /** Of these only. */
  productIds?: readonly string[] | undefined;
}

export interface Matching {
  /** For LIKE, of folded text. */
  pattern: string;
  brands: readonly string[];
}

/** Slugs of the brands whose names match. */
export async function brandsNamed(db: Queryable, shown: Shown, pattern: string): Promise<string[]> {
  const values = new Values(pattern);
  const { brand, termSeen } = tablesOf(shown, values);
  const rows = await db.query<{ slug: string }>(
    `SELECT slug FROM ${brand} WHERE search_text LIKE $1 AND ${termSeen()}`,
    values.all,
  );
  return rows.map(({ slug }) => slug);
}

/**
 * The ids of a part of a search, at most `limit + 1`. Frequent text is found soonest along the order of the list, rare text
 * by the index of trigrams: only a plan that is made for the values can tell, see `Database.readWithin`.
 */
export function idsMatching(
  db: Queryable,
  shown: Shown,
  filter: SearchFilter,
  order: ProductOrder,
  part: ListPart<ProductKey>,
): Promise<Listed[]> {
  const values = new Values();
  const { key, ordered, after } = clausesOf(order, part, values);
  const tables = tablesOf(shown, values);
  const matching = conditions(tables, filter, values);
  const skipped = part.kind === "page" && part.offset > 0 ? `OFFSET ${values.add(part.offset)}` : "";
  return db.query<Listed>(
    `SELECT ${key} AS key, product_id AS "productId" FROM ${tables.product} p
     WHERE ${matching} ${after} ${ordered} LIMIT ${values.add(part.limit + 1)} ${skipped}`,
    values.all,
  );
}

/** A page of a search, and how much the search finds. Absent rows: it finds more than was put in order. */
export interface CountedPage {
  listed: Listed[] | undefined;
  count: Count;
}

/**
 * Counts what a search finds, up to `SEARCH_TOTAL`. What finds no more than that is looked at once: the same statement puts
 * it in order and gives the ids of a page of it, at most `limit + 1`.
 */
export async function pageMatching(
  db: Queryable,
  shown: Shown,
  filter: SearchFilter,
  order: ProductOrder,
  part: Extract<ListPart<ProductKey>, { kind: "page" }>,
): Promise<CountedPage> {
  const most = catalogLimits.SEARCH_TOTAL;
  const values = new Values();
  const { column, key, ordered } = clausesOf(order, part, values);
  const tables = tablesOf(shown, values);
  const rows = await db.query<{ count: number } & { [Field in keyof Listed]: Listed[Field] | null }>(
    `WITH found AS MATERIALIZED (
       SELECT ${column}, product_id FROM ${tables.product} p WHERE ${conditions(tables, filter, values)} LIMIT ${most + 1}
     ), listed AS (
       SELECT ${column}, ${key} AS key, product_id FROM found ${ordered}
       LIMIT ${values.add(part.limit + 1)} OFFSET ${values.add(part.offset)}
     )
     SELECT (SELECT count(*) FROM found) AS count, key, product_id AS "productId"
     FROM (SELECT) one LEFT JOIN listed ON true ${ordered}`,
    values.all,
  );
  const count = rows[0]?.count ?? 0;
  if (count > most) return { listed: undefined, count: { total: most, atLeast: true } };
  const listed = rows.flatMap(({ key, productId }) => (key === null || productId === null ? [] : [{ key, productId }]));
  return { listed, count: { total: count, atLeast: false } };
}

/** Counts the values of what a search finds, see `countFacets`. */
export function facetsMatching(db: Queryable, shown: Shown, asked: AskedFacets, filter: SearchFilter) {
  const values = new Values();
  const tables = tablesOf(shown, values);
  const from = `${tables.product} p WHERE ${conditions(tables, filter, values)}`;
  return countFacets(db, asked, from, values);
}

function conditions(tables: Tables, filter: SearchFilter, values: Values): string {
  const { matching, slug, brand, categories, attributes = [], productIds } = filter;
  return [
    tables.productSeen("p"),
    matching ? ` AND (${textOf(matching, values)})` : "",
    slug === undefined ? "" : ` AND slug = ${values.add(slug)}`,
    brand === null ? "" : ` AND brand = ${values.add(brand)}`,
    productIds ? ` AND product_id = ANY (${values.add(productIds)}::text[])` : "",
    ofAttributes(attributes, values),
    ofCategories(tables, categories, values),
  ].join("");
}

function textOf({ pattern, brands }: Matching, values: Values): string {
  const text = `search_text LIKE ${values.add(pattern)}`;
  return brands.length > 0 ? `${text} OR brand = ANY (${values.add(brands)}::text[])` : text;
}

/**
 * One category is small, so a plan may begin with its products. Of several, which may be the whole catalogue, OFFSET 0 makes
 * every plan look at the categories of the products that match: statistics say too little about a text for a right choice.
 */
function ofCategories(tables: Tables, categories: readonly string[] | null, values: Values): string {
  if (categories === null) return "";
  const { productCategory, categorySeen } = tables;
  const within = `c.category = ANY (${values.add(categories)}::text[]) AND ${categorySeen("c")}`;
  if (categories.length === 1)
    return ` AND product_id IN (SELECT c.product_id FROM ${productCategory} c WHERE ${within})`;
  return ` AND EXISTS (SELECT FROM ${productCategory} c WHERE c.product_id = p.product_id AND ${within} OFFSET 0)`;
}

/** Whether the indexes of trigrams exist. Without them a search reads all products. */
export async function hasSearchIndex(db: Queryable): Promise<boolean> {
  const [row] = await db.query<{ found: boolean }>(
    "SELECT to_regclass('product_search') IS NOT NULL AND to_regclass('published_product_search') IS NOT NULL AS found",
  );
  return row?.found ?? false;
}

/** Products and brands whose text was not folded yet. */
export function unfolded(db: Queryable, rows: number): Promise<{ productId: string; title: string; skus: string[] }[]> {
  return db.query(
    `SELECT product_id AS "productId", title,
            ARRAY (SELECT v.sku FROM variant v WHERE v.product_id = p.product_id ORDER BY v.place) AS skus
     FROM product p WHERE search_text IS NULL ORDER BY product_id LIMIT $1`,
    [rows],
  );
}

export function unfoldedBrands(db: Queryable, rows: number): Promise<{ slug: string; name: string }[]> {
  return db.query("SELECT slug, name FROM brand WHERE search_text IS NULL ORDER BY slug LIMIT $1", [rows]);
}

/** A product whose title or skus were changed meanwhile has its text already, and keeps it. */
export async function foldProducts(
  db: Queryable,
  products: readonly { productId: string; text: string }[],
): Promise<void> {
  await db.query(
    `WITH folded AS (
       UPDATE product SET search_text = f.text
       FROM json_to_recordset($1) AS f ("productId" text, text text)
       WHERE product.product_id = f."productId" AND product.search_text IS NULL
       RETURNING product.product_id, product.brand, product.created_at, product.title_key, product.archived_at
     )
     UPDATE product_category c
     SET brand = f.brand, created_at = f.created_at, title_key = f.title_key, archived = f.archived_at IS NOT NULL
     FROM folded f WHERE c.product_id = f.product_id`,
    [JSON.stringify(products)],
  );
}

export async function foldBrands(db: Queryable, brands: readonly { slug: string; text: string }[]): Promise<void> {
  await db.query(
    `UPDATE brand SET search_text = f.text FROM json_to_recordset($1) AS f (slug text, text text)
     WHERE brand.slug = f.slug AND brand.search_text IS NULL`,
    [JSON.stringify(brands)],
  );
}

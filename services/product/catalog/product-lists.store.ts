import { limits } from "#config/limits.ts";
import { DEFAULT_PAGE_ROWS } from "#lib/contract/contract.ts";
import type { ListPart } from "#lib/contract/cursor.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { catalogLimits } from "./domain/limits.ts";
import { type Shown, type Tables, tablesOf, Values } from "./shown.store.ts";

/** Which products a list shows. */
export interface ListFilter {
  /** A category and all categories below it; `null`: any. */
  categories: readonly string[] | null;
  brand: string | null;
}

export type ProductOrder = "title" | "-title" | "createdAt" | "-createdAt";

/**
 * The place of a product in a list: its title in lower case, or its time of creation in microseconds; and its id. With
 * drafts also the snapshot that the list shows.
 */
export type ProductKey = readonly [key: string | number, productId: string, ...snapshot: number[]];

/** A row of a list, of which only its place is known yet. */
export interface Listed {
  key: string | number;
  productId: string;
}

/** How long a list is; `atLeast`: it was not counted to the end. */
export interface Count {
  total: number;
  atLeast: boolean;
}

const SORTS = {
  title: { column: "title_key", shape: "", key: "title_key", asked: (key: string) => `${key}::text` },
  createdAt: {
    column: "created_at",
    shape: 0,
    key: "(extract(epoch FROM created_at) * 1000000)::bigint", // a JavaScript date has milliseconds only
    asked: (key: string) => `timestamptz 'epoch' + greatest(0, ${key}::bigint) * interval '1 microsecond'`,
  },
} as const;

const ORDERS = {
  title: { ...SORTS.title, direction: "ASC", comparison: ">" },
  "-title": { ...SORTS.title, direction: "DESC", comparison: "<" },
  createdAt: { ...SORTS.createdAt, direction: "ASC", comparison: ">" },
  "-createdAt": { ...SORTS.createdAt, direction: "DESC", comparison: "<" },
} as const;

/** A key of this order, for the types of its parts. */
export function keyShape(order: ProductOrder): ProductKey {
  return [ORDERS[order].shape, ""];
}

/** The clauses by which a part of a list is read in its order. */
export function clausesOf(order: ProductOrder, part: ListPart<ProductKey>, values: Values) {
  const { column, key, asked, direction, comparison } = ORDERS[order];
  const ordered = `ORDER BY ${column} ${direction}, product_id ${direction}`;
  const after =
    part.kind === "after"
      ? `AND (${column}, product_id) ${comparison} (${asked(values.add(part.after[0]))}, ${values.add(part.after[1])})`
      : "";
  return { column, key, ordered, after };
}

/**
 * The ids of a part of a list, at most `limit + 1`, read from an index in the order of the list. Each combination of
 * filters and order is a statement of its own, because a condition such as `$1 IS NULL OR …` can use no index.
 */
export function idsOfPart(
  db: Queryable,
  shown: Shown,
  filter: ListFilter,
  order: ProductOrder,
  part: ListPart<ProductKey>,
): Promise<Listed[]> {
  const values = new Values();
  const { column, key, ordered, after } = clausesOf(order, part, values);
  const skipped = part.kind === "page" ? part.offset : 0;
  const tables = tablesOf(shown, values);
  const rows = rowsOf(
    tables,
    filter,
    values,
    column,
    `${after} ${ordered} LIMIT ${roundLimit(skipped + part.limit + 1)}`,
  );
  return db.query<Listed>(
    `SELECT ${key} AS key, product_id AS "productId" FROM (${rows}) listed
     ${ordered} LIMIT ${values.add(part.limit + 1)}${skipped > 0 ? ` OFFSET ${values.add(skipped)}` : ""}`,
    values.all,
  );
}

/**
 * `end` orders and bounds the rows. In several categories it does so for each of them: what is among the first rows of
 * all categories together is also among the first ones of its own.
 */
function rowsOf(
  tables: Tables,
  { categories, brand }: ListFilter,
  values: Values,
  column: string,
  end: string,
): string {
  const ofBrand = brand === null ? "" : `AND brand = ${values.add(brand)}`;
  if (categories === null)
    return `SELECT ${column}, product_id FROM ${tables.product} WHERE ${tables.productSeen()} ${ofBrand} ${end}`;
  const once = categories.length > 1 ? "DISTINCT" : "";
  return `SELECT ${once} ${column}, product_id FROM unnest(${values.add(categories)}::text[]) AS within (slug)
    CROSS JOIN LATERAL (
      SELECT ${column}, product_id FROM ${tables.productCategory}
      WHERE category = within.slug AND ${tables.categorySeen()} ${ofBrand} ${end}
    ) first_of_category`;
}

/**
 * The bound as the planner sees it. It takes a parameter for a tenth of the table, and would sort the table then; so the
 * bound is written out, and rounded up so that there are few statements.
 */
function roundLimit(rows: number): number {
  return FIRST_PAGE * ROUNDING ** Math.max(0, Math.ceil(Math.log(rows / FIRST_PAGE) / Math.log(ROUNDING)));
}

const FIRST_PAGE = DEFAULT_PAGE_ROWS + 1; // rows that most requests need: of many categories each reads no more
const ROUNDING = 4;

/** Counts a list, up to `LIST_TOTAL`. Of products in several categories up to `CATEGORY_ROWS_COUNTED` places are looked at. */
export async function countOf(db: Queryable, shown: Shown, filter: ListFilter): Promise<Count> {
  const { LIST_TOTAL } = limits;
  const values = new Values();
  const tables = tablesOf(shown, values);
  if (filter.categories === null || filter.categories.length === 1) {
    const rows = rowsOf(
      tables,
      filter,
      values,
      "created_at",
      `ORDER BY created_at, product_id LIMIT ${LIST_TOTAL + 1}`,
    );
    return boundedCount(db, rows, values, LIST_TOTAL);
  }
  const most = catalogLimits.CATEGORY_ROWS_COUNTED;
  const ofBrand = filter.brand === null ? "" : `AND brand = ${values.add(filter.brand)}`;
  const [row] = await db.query<{ places: number; total: number }>(
    `WITH place AS MATERIALIZED (
       SELECT product_id FROM unnest(${values.add(filter.categories)}::text[]) AS within (slug)
       CROSS JOIN LATERAL (
         SELECT product_id FROM ${tables.productCategory}
         WHERE category = within.slug AND ${tables.categorySeen()} ${ofBrand}
         ORDER BY created_at, product_id LIMIT ${most}
       ) of_category LIMIT ${most}
     )
     SELECT (SELECT count(*) FROM place) AS places, (SELECT count(*) FROM (SELECT DISTINCT product_id FROM place) one) AS total`,
    values.all,
  );
  const { places = 0, total = 0 } = row ?? {};
  return { total: Math.min(total, LIST_TOTAL), atLeast: total > LIST_TOTAL || places >= most };
}

/** Counts the rows of a statement that yields one row more than `most` at most. */
async function boundedCount(db: Queryable, rows: string, values: Values, most: number): Promise<Count> {
  const [row] = await db.query<{ count: number }>(`SELECT count(*) AS count FROM (${rows}) counted`, values.all);
  const count = row?.count ?? 0;
  return { total: Math.min(count, most), atLeast: count > most };
}

/** The product with this slug, as a list of one. */
export function idOfSlug(
  db: Queryable,
  shown: Shown,
  slug: string,
  { categories, brand }: ListFilter,
  matching: { pattern: string; brands: readonly string[] } | undefined,
): Promise<Listed[]> {
  const values = new Values(slug, brand, categories, matching?.pattern ?? null, matching?.brands ?? null);
  const { product, productCategory, productSeen, ofProduct } = tablesOf(shown, values);
  return db.query<Listed>(
    `SELECT 0 AS key, product_id AS "productId" FROM ${product} p
     WHERE slug = $1 AND ${productSeen("p")} AND ($2::text IS NULL OR brand = $2)
       AND ($3::text[] IS NULL OR EXISTS (
         SELECT FROM ${productCategory} c WHERE ${ofProduct("c", "p")} AND c.category = ANY ($3::text[])))
       AND ($4::text IS NULL OR search_text LIKE $4 OR brand = ANY ($5::text[]))`,
    values.all,
  );
}

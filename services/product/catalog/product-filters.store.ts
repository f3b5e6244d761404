import type { Queryable } from "#lib/sql/transaction.ts";
import { type AttributeFilter, bucketTerms } from "./domain/attribute-filter.ts";
import { catalogLimits } from "./domain/limits.ts";
import type { Values } from "./shown.store.ts";

/** A value, and how many products have it. */
export interface FacetValue {
  value: string;
  count: number;
}

/** SQL that begins with AND: whether a row of `product` has what a list asks of its attributes. */
export function ofAttributes(filters: readonly AttributeFilter[], values: Values): string {
  return filters.map((filter) => ` AND (${ofAttribute(filter, values)})`).join("");
}

/** One of few shapes, so that few statements have to be prepared. */
function ofAttribute({ code, terms, ranges }: AttributeFilter, values: Values): string {
  const isOneOf = () => `filter_terms && ${values.add(terms)}::text[]`;
  if (ranges.length === 0) return isOneOf();
  const buckets = [...new Set(ranges.flatMap((range) => bucketTerms(code, range)))];
  const within = ranges.map(({ from, to }) => `(@ >= ${from} && @ <= ${to})`).join(" || ");
  const path = `$."${code}"[*] ? (${within})`;
  const inRange = `filter_terms && ${values.add(buckets)}::text[] AND filter_numbers @? ${values.add(path)}::jsonpath`;
  return terms.length === 0 ? inRange : `${isOneOf()} OR ${inRange}`;
}

/** What is counted: `brand`, or the code of an attribute. */
export interface AskedFacets {
  brand: boolean;
  codes: readonly string[];
}

export interface CountedFacets {
  facets: Record<string, FacetValue[]>;
  /** false: there are more products than were counted. */
  isWhole: boolean;
}

/**
 * The most frequent values among some products, at most `FACET_VALUES` of each facet. Of more than `FACET_PRODUCTS` products
 * so many are counted, whichever they are.
 * @param from SQL: a table of products, and which of its rows
 */
export async function countFacets(
  db: Queryable,
  asked: AskedFacets,
  from: string,
  values: Values,
): Promise<CountedFacets> {
  const { FACET_PRODUCTS, FACET_VALUES } = catalogLimits;
  const codes = values.add(asked.codes);
  const rows = await db.query<{ facet: string | null; value: string; count: number }>(
    `WITH matching AS MATERIALIZED (SELECT brand, filter_terms FROM ${from} LIMIT ${FACET_PRODUCTS + 1}),
     counted AS (
       SELECT split_part(term, '=', 1) AS facet, substr(term, strpos(term, '=') + 1) AS value, count(*) AS count
       FROM matching CROSS JOIN LATERAL unnest(filter_terms) AS term
       WHERE split_part(term, '=', 1) = ANY (${codes}::text[]) GROUP BY 1, 2
       UNION ALL SELECT 'brand', brand, count(*) FROM matching WHERE ${asked.brand} AND brand IS NOT NULL GROUP BY 2
     ),
     ranked AS (
       SELECT facet, value, count, row_number() OVER (PARTITION BY facet ORDER BY count DESC, value COLLATE "C") AS rank
       FROM counted
     )
     SELECT facet, value, count::int AS count FROM (
       SELECT facet, value, count, rank FROM ranked WHERE rank <= ${FACET_VALUES}
       UNION ALL SELECT NULL, '', count(*), 0 FROM matching
     ) shown ORDER BY rank`,
    values.all,
  );
  const names = [...(asked.brand ? ["brand"] : []), ...asked.codes];
  const facets = Object.fromEntries(names.map((name): [string, FacetValue[]] => [name, []]));
  for (const { facet, value, count } of rows) if (facet !== null) facets[facet]?.push({ value, count });
  const looked = rows.find(({ facet }) => facet === null)?.count ?? 0;
  return { facets, isWhole: looked <= FACET_PRODUCTS };
}

/** A batch of products that are looked at again, in the order of their ids. */
export async function unindexedAfter(tx: Queryable): Promise<string | undefined> {
  const [row] = await tx.query<{ after: string | null }>(
    "SELECT min(indexed_to) AS after FROM attribute WHERE indexed_to IS NOT NULL",
  );
  return row?.after ?? undefined;
}

export async function idsAfter(tx: Queryable, productId: string, rows: number): Promise<string[]> {
  const found = await tx.query<{ productId: string }>(
    `SELECT product_id AS "productId" FROM product WHERE product_id > $1 AND archived_at IS NULL
     ORDER BY product_id LIMIT $2`,
    [productId, rows],
  );
  return found.map((row) => row.productId);
}

/** Notes that products up to this one have the terms of all attributes; `null`: all products have. */
export async function noteIndexed(tx: Queryable, productId: string | null): Promise<void> {
  await tx.query(
    `UPDATE attribute SET indexed_to = $1::text
     WHERE indexed_to IS NOT NULL AND ($1::text IS NULL OR indexed_to < $1::text)`,
    [productId],
  );
}

/** Each list reads what was added to the index since its last vacuum from one end to the other, until it is merged. */
export async function mergeNewTerms(db: Queryable): Promise<void> {
  await db.query("SELECT gin_clean_pending_list('product_filter')");
}

/** What lists find a product by. */
export interface ProductTerms {
  productId: string;
  terms: string[] | null;
  numbers: object | null;
}

const TERMS = `json_to_recordset($1) AS r ("productId" text, terms text[], numbers jsonb)`;

/** Those of these products that have other terms stored. */
export async function withOtherTerms(tx: Queryable, products: readonly ProductTerms[]): Promise<ProductTerms[]> {
  const found = await tx.query<{ productId: string }>(
    `SELECT r."productId" FROM ${TERMS} JOIN product p ON p.product_id = r."productId"
     WHERE (p.filter_terms, p.filter_numbers) IS DISTINCT FROM (r.terms, r.numbers)`,
    [JSON.stringify(products)],
  );
  const ids = new Set(found.map(({ productId }) => productId));
  return products.filter(({ productId }) => ids.has(productId));
}

export async function writeTerms(tx: Queryable, products: readonly ProductTerms[]): Promise<void> {
  await tx.query(
    `UPDATE product SET filter_terms = r.terms, filter_numbers = r.numbers FROM ${TERMS} WHERE product_id = r."productId"`,
    [JSON.stringify(products)],
  );
}

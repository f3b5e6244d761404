import { isTableEmpty } from "#lib/sql/is-table-empty.ts";
import { lockKey } from "#lib/sql/lock-keys.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { findAttributes } from "./attributes.store.ts";
import { filterIndex } from "./domain/attribute-filter.ts";
import type { Attribute, WholeSet } from "./domain/attributes.ts";
import type { Lookup } from "./domain/conflicts.ts";
import type { Product, ProductFacts } from "./domain/product.ts";
import type { Sellable } from "./domain/resolve.ts";
import { searchText } from "./domain/search-text.ts";
import type { ProductKind, Supplied } from "./domain/supply.ts";
import { DRAFT, type Shown, type Tables, tablesOf, Values } from "./shown.store.ts";

/**
 * Lets one transaction at a time write products, so that slugs, skus, brands and categories that were looked up stay
 * as they are until the commit. Writes are rare and small. The unique indexes alone would find a conflict only
 * afterwards, and would not say which row of the request has it.
 */
export async function lockCatalogue(tx: Queryable): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(${lockKey("catalogue", "'products'")})`);
}

/** The products that a condition on `p` chooses. */
function productsWhere({ product, productCategory, variant, ofProduct, productSeen }: Tables, chosen: string): string {
  return `
    SELECT p.product_id AS "productId", p.slug, p.title, p.kind, p.brand, p.images, p.description, p.attributes,
      p.attribute_set AS "attributeSet", p.tax_category AS "taxCategory",
      p.created_at AS "createdAt", p.updated_at AS "updatedAt",
      ARRAY (SELECT c.category FROM ${productCategory} c WHERE ${ofProduct("c", "p")} ORDER BY c.place) AS categories,
      (SELECT COALESCE(json_agg(json_strip_nulls(json_build_object(
                'sku', v.sku, 'attributes', v.attributes, 'components', v.components)) ORDER BY v.place), '[]')
       FROM ${variant} v WHERE ${ofProduct("v", "p")}) AS variants
    FROM ${product} p WHERE ${chosen} AND ${productSeen("p")}`;
}

export async function findProduct(db: Queryable, shown: Shown, productId: string): Promise<Product | undefined> {
  const values = new Values(productId);
  const [row] = await db.query<Product>(productsWhere(tablesOf(shown, values), "p.product_id = $1"), values.all);
  return row;
}

/** Of the draft. */
export async function productsBySlug(db: Queryable, slugs: readonly string[]): Promise<Product[]> {
  const values = new Values(slugs);
  return db.query(productsWhere(tablesOf(DRAFT, values), "p.slug = ANY ($1::text[])"), values.all);
}

/** The products of a part of a list, in its order. One that was archived meanwhile is left out. */
export async function productsInOrder(db: Queryable, shown: Shown, productIds: readonly string[]): Promise<Product[]> {
  if (productIds.length === 0) return [];
  const values = new Values(productIds);
  const chosen = "p.product_id = ANY ($1::text[])";
  const found = await db.query<Product>(productsWhere(tablesOf(shown, values), chosen), values.all);
  const byId = new Map(found.map((product) => [product.productId, product]));
  return productIds.flatMap((productId) => byId.get(productId) ?? []);
}

/** Products of the draft after another one, in the order of their ids. */
export async function productsAfter(db: Queryable, productId: string, limit: number): Promise<Product[]> {
  const values = new Values(productId, limit);
  const text = productsWhere(tablesOf(DRAFT, values), "p.product_id > $1");
  return db.query(`${text} ORDER BY p.product_id LIMIT $2`, values.all);
}

/** The names of attributes that products of the draft have, and those of variants: the first `limit` of each. */
export async function attributeNames(
  db: Queryable,
  limit: number,
): Promise<{ products: string[]; variants: string[] }> {
  const [row] = await db.query<{ products: string[]; variants: string[] }>(
    `SELECT ARRAY (SELECT DISTINCT name COLLATE "C" FROM product, json_object_keys(attributes) AS name
                   WHERE archived_at IS NULL ORDER BY 1 LIMIT $1) AS products,
            ARRAY (SELECT DISTINCT name COLLATE "C" FROM variant, json_object_keys(attributes) AS name
                   WHERE NOT archived ORDER BY 1 LIMIT $1) AS variants`,
    [limit],
  );
  return row ?? { products: [], variants: [] };
}

export async function findSellables(db: Queryable, shown: Shown, productIds: readonly string[]): Promise<Sellable[]> {
  const values = new Values(productIds);
  const { product, variant, ofProduct, productSeen } = tablesOf(shown, values);
  return db.query(
    `SELECT p.product_id AS "productId", p.title,
            ARRAY (SELECT v.sku FROM ${variant} v WHERE ${ofProduct("v", "p")} ORDER BY v.place) AS skus
     FROM ${product} p WHERE p.product_id = ANY ($1::text[]) AND ${productSeen("p")}`,
    values.all,
  );
}

/** Those of these variants that exist, each as a product that has it alone. */
export async function findVariants(db: Queryable, shown: Shown, skus: readonly string[]): Promise<Supplied[]> {
  if (skus.length === 0) return [];
  const values = new Values(skus);
  const { product, variant, ofProduct, productSeen } = tablesOf(shown, values);
  return db.query(
    `SELECT p.kind, json_build_array(json_strip_nulls(json_build_object('sku', v.sku, 'components', v.components))) AS variants
     FROM ${variant} v JOIN ${product} p ON ${ofProduct("v", "p")}
     WHERE v.sku = ANY ($1::text[]) AND ${productSeen("p")}`,
    values.all,
  );
}

/** Those that the draft does not have: a variant gets its price and its stock before the shop shows it. */
export async function findUnknownSkus(db: Queryable, skus: readonly string[]): Promise<string[]> {
  const rows = await db.query<{ sku: string }>(
    `SELECT DISTINCT asked.sku FROM unnest($1::text[]) AS asked (sku)
     WHERE NOT EXISTS (SELECT FROM variant v WHERE v.sku = asked.sku AND NOT v.archived)`,
    [skus],
  );
  return rows.map(({ sku }) => sku);
}

/** What the catalogue holds of everything that these products mention. */
export async function lookUp(db: Queryable, products: readonly ProductFacts[]): Promise<Lookup> {
  const [row] = await db.query<{
    productIds: string[];
    slugs: Record<string, string>;
    skus: Record<string, string>;
    kinds: Record<string, ProductKind>;
    brands: string[];
    categories: string[];
    attributes: Attribute[];
    sets: Record<string, WholeSet>;
  }>(
    `SELECT
       ARRAY (SELECT product_id FROM product WHERE product_id = ANY ($1::text[])) AS "productIds",
       (SELECT COALESCE(json_object_agg(slug, product_id), '{}') FROM product
        WHERE slug = ANY ($2::text[]) AND archived_at IS NULL) AS slugs,
       (SELECT COALESCE(json_object_agg(sku, product_id), '{}') FROM variant
        WHERE sku = ANY ($3::text[]) AND NOT archived) AS skus,
       (SELECT COALESCE(json_object_agg(v.sku, p.kind), '{}') FROM variant v JOIN product p USING (product_id)
        WHERE v.sku = ANY ($8::text[]) AND NOT v.archived) AS kinds,
       ARRAY (SELECT slug FROM brand WHERE slug = ANY ($4::text[])) AS brands,
       ARRAY (SELECT slug FROM category WHERE slug = ANY ($5::text[])) AS categories,
       (SELECT COALESCE(json_agg(attribute), '[]') FROM attribute WHERE code = ANY ($6::text[])) AS attributes,
       (SELECT COALESCE(json_object_agg(code, json_build_object('attributes', all_attributes, 'axes', all_axes)), '{}')
        FROM attribute_set WHERE code = ANY ($7::text[])) AS sets`,
    [
      products.map(({ productId }) => productId),
      products.map(({ slug }) => slug),
      products.flatMap(({ variants }) => variants.map(({ sku }) => sku)),
      products.flatMap(({ brand }) => brand ?? []),
      products.flatMap(({ categories }) => categories),
      attributeCodes(products),
      [...new Set(products.flatMap(({ attributeSet }) => attributeSet ?? []))],
      products.flatMap(({ variants }) => variants.flatMap(({ components = [] }) => components.map(({ sku }) => sku))),
    ],
  );
  return {
    productIds: new Set(row?.productIds),
    slugs: new Map(Object.entries(row?.slugs ?? {})),
    skus: new Map(Object.entries(row?.skus ?? {})),
    kinds: new Map(Object.entries(row?.kinds ?? {})),
    brands: new Set(row?.brands),
    categories: new Set(row?.categories),
    attributes: new Map(row?.attributes.map((attribute) => [attribute.code, attribute])),
    sets: new Map(Object.entries(row?.sets ?? {})),
  };
}

/** Every code that some products mention. */
export function attributeCodes(products: readonly ProductFacts[]): string[] {
  const codes = new Set<string>();
  for (const { attributes, variants } of products)
    for (const values of [attributes, ...variants.map((variant) => variant.attributes)])
      for (const code of Object.keys(values)) codes.add(code);
  return [...codes];
}

const WRITTEN = `"productId" text, slug text, title text, kind text, brand text, images text[], description text,
  "attributeSet" text, attributes json, "taxCategory" text, "searchText" text,
  "filterTerms" text[], "filterNumbers" jsonb`;

export async function insertProducts(tx: Queryable, products: readonly ProductFacts[], now: Date): Promise<void> {
  if (products.length === 0) return;
  await tx.query(
    `INSERT INTO product (product_id, slug, title, kind, brand, images, description, attribute_set, attributes, tax_category,
                          search_text, filter_terms, filter_numbers, created_at, updated_at)
     SELECT "productId", slug, title, kind, brand, images, description, "attributeSet", attributes, "taxCategory",
            "searchText", "filterTerms", "filterNumbers", $2, $2
     FROM json_to_recordset($1) AS p (${WRITTEN})`,
    [JSON.stringify(await withIndexes(tx, products)), now],
  );
  await insertParts(tx, products, () => now);
}

export async function updateProducts(tx: Queryable, products: readonly ProductFacts[], now: Date): Promise<void> {
  if (products.length === 0) return;
  const ids = products.map(({ productId }) => productId);
  await tx.query("DELETE FROM product_category WHERE product_id = ANY ($1::text[])", [ids]);
  await tx.query("DELETE FROM variant WHERE product_id = ANY ($1::text[])", [ids]);
  const updated = await tx.query<{ productId: string; createdAt: string }>(
    `UPDATE product SET slug = p.slug, title = p.title, kind = p.kind, brand = p.brand, images = p.images, description = p.description,
                        attribute_set = p."attributeSet", attributes = p.attributes, tax_category = p."taxCategory",
                        search_text = p."searchText", filter_terms = p."filterTerms",
                        filter_numbers = p."filterNumbers", updated_at = $2
     FROM json_to_recordset($1) AS p (${WRITTEN})
     WHERE product.product_id = p."productId"
     RETURNING product_id AS "productId", created_at::text AS "createdAt"`,
    [JSON.stringify(await withIndexes(tx, products)), now],
  );
  const createdAt = new Map(updated.map((row) => [row.productId, row.createdAt]));
  await insertParts(tx, products, (productId) => createdAt.get(productId));
}

/** Products with what lists and searches find them by. */
async function withIndexes(tx: Queryable, products: readonly ProductFacts[]) {
  const codes = attributeCodes(products);
  const attributes = codes.length > 0 ? await findAttributes(tx, codes) : new Map();
  return products.map((product) => {
    const skus = product.variants.map(({ sku }) => sku);
    const { terms, numbers } = filterIndex(product, attributes);
    return {
      ...product,
      searchText: searchText({ title: product.title, skus }),
      filterTerms: terms.length > 0 ? terms : null,
      filterNumbers: numbers,
    };
  });
}

/** `createdAt` is exact as text: a list by category must sort by the same value as a list of all products. */
async function insertParts(
  tx: Queryable,
  products: readonly ProductFacts[],
  createdAt: (productId: string) => Date | string | undefined,
): Promise<void> {
  const variants = products.flatMap((product) =>
    product.variants.map((variant, index) => ({ productId: product.productId, place: index, ...variant })),
  );
  const categories = products.flatMap(({ productId, title, brand, categories: slugs }) =>
    slugs.map((category, index) => ({
      productId,
      place: index,
      category,
      title,
      brand,
      createdAt: createdAt(productId),
    })),
  );
  await tx.query(
    `WITH categories AS (
       INSERT INTO product_category (product_id, place, category, brand, created_at, title_key)
       SELECT "productId", place, category, brand, "createdAt", lower(title)
       FROM json_to_recordset($2) AS c ("productId" text, place int, category text, title text, brand text,
                                        "createdAt" timestamptz)
     )
     INSERT INTO variant (product_id, place, sku, attributes, components)
     SELECT "productId", place, sku, attributes, components
     FROM json_to_recordset($1) AS v ("productId" text, place int, sku text, attributes json, components json)`,
    [JSON.stringify(variants), JSON.stringify(categories)],
  );
}

/** @returns the slug and skus of the product, or `undefined` when the shop does not have it */
export async function archiveProduct(
  tx: Queryable,
  productId: string,
  now: Date,
): Promise<{ slug: string; skus: string[] } | undefined> {
  const [row] = await tx.query<{ slug: string; skus: string[] }>(
    `WITH product_row AS (
       UPDATE product SET archived_at = $2, updated_at = $2 WHERE product_id = $1 AND archived_at IS NULL
       RETURNING product_id, slug
     ), variants AS (
       UPDATE variant v SET archived = true FROM product_row p WHERE v.product_id = p.product_id RETURNING v.sku
     ), categories AS (
       UPDATE product_category c SET archived = true FROM product_row p WHERE c.product_id = p.product_id
     )
     SELECT slug, ARRAY (SELECT sku FROM variants ORDER BY sku) AS skus FROM product_row`,
    [productId, now],
  );
  return row;
}

export const isEmpty = (db: Queryable) => isTableEmpty(db, "product");

import { isTableEmpty } from "#lib/sql/is-table-empty.ts";
import { lockKey } from "#lib/sql/lock-keys.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import type { Lookup } from "./domain/conflicts.ts";
import type { Product, ProductFacts } from "./domain/product.ts";
import type { Sellable } from "./domain/resolve.ts";

/**
 * Lets one transaction at a time write products, so that slugs, skus, brands and categories that were looked up stay
 * as they are until the commit. Writes are rare and small. The unique indexes alone would find a conflict only
 * afterwards, and would not say which row of the request has it.
 */
export async function lockCatalogue(tx: Queryable): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(${lockKey("catalogue", "'products'")})`);
}

const PRODUCT = `
  p.product_id AS "productId", p.slug, p.title, p.brand, p.images, p.description, p.attributes,
  p.created_at AS "createdAt", p.updated_at AS "updatedAt",
  ARRAY (SELECT c.category FROM product_category c WHERE c.product_id = p.product_id ORDER BY c.place) AS categories,
  (SELECT COALESCE(json_agg(json_build_object('sku', v.sku, 'attributes', v.attributes) ORDER BY v.place), '[]')
   FROM variant v WHERE v.product_id = p.product_id) AS variants`;

export async function findProduct(db: Queryable, productId: string): Promise<Product | undefined> {
  const [row] = await db.query<Product>(
    `SELECT ${PRODUCT} FROM product p WHERE p.product_id = $1 AND p.archived_at IS NULL`,
    [productId],
  );
  return row;
}

export async function productsBySlug(db: Queryable, slugs: readonly string[]): Promise<Product[]> {
  return db.query(`SELECT ${PRODUCT} FROM product p WHERE p.slug = ANY ($1::text[]) AND p.archived_at IS NULL`, [
    slugs,
  ]);
}

export async function findSellables(db: Queryable, productIds: readonly string[]): Promise<Sellable[]> {
  return db.query(
    `SELECT p.product_id AS "productId", p.title,
            ARRAY (SELECT v.sku FROM variant v WHERE v.product_id = p.product_id ORDER BY v.place) AS skus
     FROM product p WHERE p.product_id = ANY ($1::text[]) AND p.archived_at IS NULL`,
    [productIds],
  );
}

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
    brands: string[];
    categories: string[];
  }>(
    `SELECT
       ARRAY (SELECT product_id FROM product WHERE product_id = ANY ($1::text[])) AS "productIds",
       (SELECT COALESCE(json_object_agg(slug, product_id), '{}') FROM product
        WHERE slug = ANY ($2::text[]) AND archived_at IS NULL) AS slugs,
       (SELECT COALESCE(json_object_agg(sku, product_id), '{}') FROM variant
        WHERE sku = ANY ($3::text[]) AND NOT archived) AS skus,
       ARRAY (SELECT slug FROM brand WHERE slug = ANY ($4::text[])) AS brands,
       ARRAY (SELECT slug FROM category WHERE slug = ANY ($5::text[])) AS categories`,
    [
      products.map(({ productId }) => productId),
      products.map(({ slug }) => slug),
      products.flatMap(({ variants }) => variants.map(({ sku }) => sku)),
      products.flatMap(({ brand }) => brand ?? []),
      products.flatMap(({ categories }) => categories),
    ],
  );
  return {
    productIds: new Set(row?.productIds),
    slugs: new Map(Object.entries(row?.slugs ?? {})),
    skus: new Map(Object.entries(row?.skus ?? {})),
    brands: new Set(row?.brands),
    categories: new Set(row?.categories),
  };
}

export async function insertProducts(tx: Queryable, products: readonly ProductFacts[], now: Date): Promise<void> {
  if (products.length === 0) return;
  await tx.query(
    `INSERT INTO product (product_id, slug, title, brand, images, description, attributes, created_at, updated_at)
     SELECT "productId", slug, title, brand, images, description, attributes, $2, $2
     FROM json_to_recordset($1) AS p ("productId" text, slug text, title text, brand text, images text[],
                                      description text, attributes json)`,
    [JSON.stringify(products), now],
  );
  await insertParts(tx, products);
}

export async function updateProducts(tx: Queryable, products: readonly ProductFacts[], now: Date): Promise<void> {
  if (products.length === 0) return;
  const ids = products.map(({ productId }) => productId);
  await tx.query("DELETE FROM product_category WHERE product_id = ANY ($1::text[])", [ids]);
  await tx.query("DELETE FROM variant WHERE product_id = ANY ($1::text[])", [ids]);
  await tx.query(
    `UPDATE product SET slug = p.slug, title = p.title, brand = p.brand, images = p.images,
                        description = p.description, attributes = p.attributes, updated_at = $2
     FROM json_to_recordset($1) AS p ("productId" text, slug text, title text, brand text, images text[],
                                      description text, attributes json)
     WHERE product.product_id = p."productId"`,
    [JSON.stringify(products), now],
  );
  await insertParts(tx, products);
}

async function insertParts(tx: Queryable, products: readonly ProductFacts[]): Promise<void> {
  const variants = products.flatMap((product) =>
    product.variants.map((variant, index) => ({ productId: product.productId, place: index, ...variant })),
  );
  const categories = products.flatMap(({ productId, categories: slugs }) =>
    slugs.map((category, index) => ({ productId, place: index, category })),
  );
  await tx.query(
    `WITH categories AS (
       INSERT INTO product_category (product_id, place, category)
       SELECT "productId", place, category
       FROM json_to_recordset($2) AS c ("productId" text, place int, category text)
     )
     INSERT INTO variant (product_id, place, sku, attributes)
     SELECT "productId", place, sku, attributes
     FROM json_to_recordset($1) AS v ("productId" text, place int, sku text, attributes json)`,
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
     )
     SELECT slug, ARRAY (SELECT sku FROM variants ORDER BY sku) AS skus FROM product_row`,
    [productId, now],
  );
  return row;
}

export const isEmpty = (db: Queryable) => isTableEmpty(db, "product");

export interface ListFilter {
  category: string | null;
  brand: string | null;
  slug: string | null;
  /** Pattern for ILIKE. */
  pattern: string | null;
}

export type ProductOrder = "title" | "-title" | "createdAt" | "-createdAt";

const ORDERS: Record<ProductOrder, string> = {
  title: "lower(title), product_id",
  "-title": "lower(title) DESC, product_id DESC",
  createdAt: "created_at, product_id",
  "-createdAt": "created_at DESC, product_id DESC",
};

/** One statement for each order: an order cannot be a parameter, and prepared statements must be constants. */
const LISTS = Object.fromEntries(Object.entries(ORDERS).map(([name, order]) => [name, listText(order)])) as Record<
  ProductOrder,
  string
>;

function listText(order: string): string {
  return `WITH RECURSIVE within AS (
     SELECT slug FROM category WHERE slug = $1
     UNION SELECT c.slug FROM category c JOIN within w ON c.parent = w.slug
   ), matching AS NOT MATERIALIZED (
     SELECT product_id, title, created_at FROM product p
     WHERE archived_at IS NULL
       AND ($1::text IS NULL OR product_id IN (SELECT c.product_id FROM product_category c JOIN within w ON w.slug = c.category))
       AND ($2::text IS NULL OR brand = $2)
       AND ($3::text IS NULL OR slug = $3)
       AND ($4::text IS NULL OR title ILIKE $4
            OR EXISTS (SELECT 1 FROM brand b WHERE b.slug = p.brand AND b.name ILIKE $4)
            OR EXISTS (SELECT 1 FROM variant v WHERE v.product_id = p.product_id AND v.sku ILIKE $4))
   ), page AS (
     SELECT product_id, row_number() OVER (ORDER BY ${order}) AS place FROM matching ORDER BY ${order} LIMIT $5 OFFSET $6
   )
   SELECT total.count AS total, listed.*
   FROM (SELECT count(*) FROM matching) total
   LEFT JOIN (SELECT page.place, ${PRODUCT} FROM page JOIN product p USING (product_id)) listed ON true
   ORDER BY listed.place`;
}

export async function pageOfProducts(
  db: Queryable,
  filter: ListFilter,
  order: ProductOrder,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ products: Product[]; total: number }> {
  const { category, brand, slug, pattern } = filter;
  const rows = await db.query<Product & { total: number }>(LISTS[order], [
    category,
    brand,
    slug,
    pattern,
    limit,
    offset,
  ]);
  return { total: rows[0]?.total ?? 0, products: rows.filter(({ productId }) => productId !== null) };
}

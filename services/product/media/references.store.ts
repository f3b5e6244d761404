import type { Queryable } from "#lib/sql/transaction.ts";
import type { Told } from "./domain/references.ts";

/**
 * Stores which images products show. Of each product the latest event counts, in whatever order they arrive. The rows of
 * the images are locked before anything changes, so that none is removed in the same moment, and so that of two products
 * that give up an image at once, one notices that nobody shows it any more.
 * @param told at most one event of each product, in the order of their ids
 */
export async function writeReferences(tx: Queryable, told: readonly Told[]): Promise<void> {
  const fresh = new Set(await takeLatest(tx, told));
  const changed = told.filter(({ productId }) => fresh.has(productId));
  if (changed.length === 0) return;
  const productIds = changed.map(({ productId }) => productId);
  const pairs = changed.flatMap(({ productId, mediaIds }) => mediaIds.map((mediaId) => ({ productId, mediaId })));
  const [products, images] = [pairs.map(({ productId }) => productId), pairs.map(({ mediaId }) => mediaId)];
  const touched = await lockImages(tx, productIds, images);
  await tx.query(
    `DELETE FROM product_image WHERE product_id = ANY ($1::text[])
       AND (product_id, media_id) NOT IN (SELECT * FROM unnest($2::text[], $3::text[]))`,
    [productIds, products, images],
  );
  await tx.query(
    `INSERT INTO product_image (product_id, media_id) SELECT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING`,
    [products, images],
  );
  await tx.query(
    `UPDATE media m SET unused_since = CASE WHEN used THEN NULL ELSE now() END
     FROM (SELECT id, EXISTS (SELECT FROM product_image WHERE media_id = id) AS used FROM unnest($1::text[]) AS id) AS t
     WHERE m.media_id = t.id AND (m.unused_since IS NULL) <> used`,
    [touched],
  );
}

/** @returns the products whose event is newer than what is known. A product without images that is not known stays so */
async function takeLatest(tx: Queryable, told: readonly Told[]): Promise<string[]> {
  const rows = await tx.query<{ productId: string }>(
    `INSERT INTO product AS p (product_id, sequence)
     SELECT id, sequence FROM unnest($1::text[], $2::bigint[], $3::boolean[]) AS t (id, sequence, shows)
     WHERE shows OR EXISTS (SELECT FROM product WHERE product_id = id) ORDER BY id
     ON CONFLICT (product_id) DO UPDATE SET sequence = EXCLUDED.sequence WHERE p.sequence < EXCLUDED.sequence
     RETURNING product_id AS "productId"`,
    [
      told.map(({ productId }) => productId),
      told.map(({ sequence }) => sequence),
      told.map(({ mediaIds }) => mediaIds.length > 0),
    ],
  );
  return rows.map(({ productId }) => productId);
}

/** Locks the images that these products show, or will. @returns their ids */
async function lockImages(tx: Queryable, productIds: readonly string[], images: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ mediaId: string }>(
    `SELECT media_id AS "mediaId" FROM media
     WHERE media_id = ANY ($2::text[])
        OR media_id IN (SELECT media_id FROM product_image WHERE product_id = ANY ($1::text[]))
     ORDER BY media_id FOR UPDATE`,
    [productIds, images],
  );
  return rows.map(({ mediaId }) => mediaId);
}

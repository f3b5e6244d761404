import type { ListPart } from "#lib/contract/cursor.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import type { Media } from "./domain/media.ts";

const COLUMNS = `media_id AS "mediaId", type, width, height, bytes, is_private AS "isPrivate", is_kept AS "isKept", drawing,
  created_at AS "createdAt"`;

/** An image with the moment of the database's clock in which it was read. */
export type ReadMedia = Media & { nowSeconds: number };

export async function findMedia(db: Queryable, mediaId: string): Promise<ReadMedia | undefined> {
  const [row] = await db.query<ReadMedia>(
    `SELECT ${COLUMNS}, extract(epoch FROM now())::int AS "nowSeconds" FROM media WHERE media_id = $1`,
    [mediaId],
  );
  return row;
}

/** An upload of bytes that are stored already: it counts as used anew, and stays if one of its uploads says so. */
export async function touchMedia(
  db: Queryable,
  { hash, isPrivate, isKept }: { hash: string; isPrivate: boolean; isKept: boolean },
): Promise<(Media & { isMissing: boolean }) | undefined> {
  const [row] = await db.query<Media & { isMissing: boolean }>(
    `UPDATE media SET is_kept = is_kept OR $3, unused_since = CASE WHEN unused_since IS NULL THEN NULL ELSE now() END
     WHERE hash = $1 AND is_private = $2 RETURNING ${COLUMNS}, missing_since IS NOT NULL AS "isMissing"`,
    [hash, isPrivate, isKept],
  );
  return row;
}

export type NewMedia = Omit<Media, "createdAt"> & { hash: string };

/** @returns the image with this hash: another one than the new one, if somebody else has stored it in the meantime */
export async function insertMedia(tx: Queryable, made: NewMedia): Promise<Media> {
  const [row] = await tx.query<Media>(
    `INSERT INTO media AS m (media_id, hash, is_private, is_kept, type, width, height, bytes, drawing, unused_since)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9,
             CASE WHEN EXISTS (SELECT FROM product_image WHERE media_id = $1) THEN NULL ELSE now() END)
     ON CONFLICT (hash, is_private) DO UPDATE SET is_kept = m.is_kept OR EXCLUDED.is_kept,
       unused_since = CASE WHEN m.unused_since IS NULL THEN NULL ELSE now() END
     RETURNING ${COLUMNS}`,
    [
      made.mediaId,
      made.hash,
      made.isPrivate,
      made.isKept,
      made.type,
      made.width,
      made.height,
      made.bytes,
      made.drawing,
    ],
  );
  if (!row) throw new Error("An insert has returned nothing.");
  return row;
}

/** The file of an image is where it should be again. @returns false when the image was removed meanwhile */
export async function markRestored(tx: Queryable, mediaId: string): Promise<boolean> {
  const rows = await tx.query("UPDATE media SET missing_since = NULL WHERE media_id = $1 RETURNING 1", [mediaId]);
  return rows.length > 0;
}

export type Removal = "removed" | "in use" | "not found";

/** Removes an image that no product shows. */
export async function removeMedia(tx: Queryable, mediaId: string): Promise<Removal> {
  const [row] = await tx.query<{ used: boolean }>(
    `SELECT EXISTS (SELECT FROM product_image p WHERE p.media_id = m.media_id) AS used
     FROM media m WHERE media_id = $1 FOR UPDATE`,
    [mediaId],
  );
  if (!row) return "not found";
  if (row.used) return "in use";
  await tx.query("DELETE FROM media WHERE media_id = $1", [mediaId]);
  await noteRemoved(tx, [mediaId]);
  return "removed";
}

/** Removes images that no product has shown for a time. @returns their ids, at most `rows` */
export async function removeUnused(tx: Queryable, unusedSeconds: number, rows: number): Promise<string[]> {
  const removed = await tx.query<{ mediaId: string }>(
    `WITH unused AS (
       SELECT media_id FROM media m
       WHERE unused_since < now() - make_interval(secs => $1) AND NOT is_kept AND NOT is_private
         AND NOT EXISTS (SELECT FROM product_image p WHERE p.media_id = m.media_id)
       ORDER BY unused_since LIMIT $2 FOR UPDATE SKIP LOCKED
     ), gone AS (
       DELETE FROM media m USING unused u WHERE m.media_id = u.media_id RETURNING m.media_id
     )
     INSERT INTO removed_media (media_id) SELECT media_id FROM gone RETURNING media_id AS "mediaId"`,
    [unusedSeconds, rows],
  );
  const ids = removed.map(({ mediaId }) => mediaId);
  await noteRemoved(tx, ids);
  return ids;
}

/** Their files are due to be removed. */
async function noteRemoved(tx: Queryable, mediaIds: readonly string[]): Promise<void> {
  if (mediaIds.length === 0) return;
  await tx.query(
    `INSERT INTO stray (media_id, found_at) SELECT unnest($1::text[]), '-infinity'
     ON CONFLICT (media_id) DO UPDATE SET found_at = EXCLUDED.found_at`,
    [mediaIds],
  );
}

export async function forgetRemoved(db: Queryable, days: number): Promise<void> {
  await db.query("DELETE FROM removed_media WHERE removed_at < now() - make_interval(days => $1)", [days]);
}

/** Whether an event of products could not be applied: then it is not known what they show. */
export async function hasDeadLetters(db: Queryable): Promise<boolean> {
  const rows = await db.query("SELECT 1 FROM dead_letter WHERE discarded_at IS NULL LIMIT 1");
  return rows.length > 0;
}

/** `createdKey`: microseconds since 1970, a number that any cursor can hold without being a time that Postgres refuses. */
export type ListedMedia = Media & { products: number; createdKey: number };
export type MediaKey = readonly [createdKey: number, mediaId: string];

// A statement for each combination of filters: `$1 IS NULL OR …` could use no index.
const LISTED = `SELECT ${COLUMNS}, (extract(epoch FROM created_at) * 1000000)::float8 AS "createdKey",
  (SELECT count(*)::int FROM product_image p WHERE p.media_id = m.media_id) AS products FROM media m`;
const FILTERS = { all: "true", unused: "unused_since IS NOT NULL", used: "unused_since IS NULL" } as const;
export type MediaFilter = keyof typeof FILTERS;

export function listMedia(db: Queryable, filter: MediaFilter, part: ListPart<MediaKey>): Promise<ListedMedia[]> {
  const where = FILTERS[filter];
  if (part.kind === "page") {
    return db.query<ListedMedia>(
      `${LISTED} WHERE ${where} ORDER BY created_at DESC, media_id DESC LIMIT $1 OFFSET $2`,
      [part.limit + 1, part.offset],
    );
  }
  return db.query<ListedMedia>(
    `${LISTED} WHERE ${where} AND (created_at, media_id) < (timestamptz 'epoch' + $2::bigint * interval '1 microsecond', $3)
     ORDER BY created_at DESC, media_id DESC LIMIT $1`,
    [part.limit + 1, ...part.after],
  );
}

export async function countMedia(db: Queryable, filter: MediaFilter, atMost: number): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM (SELECT FROM media WHERE ${FILTERS[filter]} LIMIT $1) AS counted`,
    [atMost],
  );
  return row?.count ?? 0;
}

/** Until the transaction ends nobody else adds an image. */
export async function lockAdding(tx: Queryable): Promise<void> {
  await tx.query("LOCK TABLE media IN SHARE ROW EXCLUSIVE MODE");
}

export async function lacksDrawings(db: Queryable): Promise<boolean> {
  return (await db.query("SELECT 1 FROM media WHERE drawing IS NOT NULL LIMIT 1")).length === 0;
}

/** The secret with which links are signed. A migration has created it. */
export async function readSecret(db: Queryable): Promise<Buffer> {
  const [row] = await db.query<{ secret: Buffer }>("SELECT secret FROM media_secret");
  if (!row) throw new Error("The table media_secret is empty.");
  return row.secret;
}

import type { Queryable } from "#lib/sql/transaction.ts";
import type { ImageType } from "./domain/image-type.ts";

/** Files without a row are noted, and those that have one by now are forgotten. */
export async function noteStrays(db: Queryable, mediaIds: readonly string[]): Promise<void> {
  await db.query(
    `INSERT INTO stray (media_id) SELECT id FROM unnest($1::text[]) AS id
     WHERE NOT EXISTS (SELECT FROM media WHERE media_id = id) ON CONFLICT DO NOTHING`,
    [mediaIds],
  );
}

/** Strays that have been known for a time and are still without a row. @returns at most `rows` */
export async function dueStrays(db: Queryable, seconds: number, rows: number): Promise<string[]> {
  await db.query("DELETE FROM stray s USING media m WHERE m.media_id = s.media_id");
  const due = await db.query<{ mediaId: string }>(
    `SELECT media_id AS "mediaId" FROM stray WHERE found_at < now() - make_interval(secs => $1)
     ORDER BY found_at LIMIT $2`,
    [seconds, rows],
  );
  return due.map(({ mediaId }) => mediaId);
}

export async function forgetStrays(db: Queryable, mediaIds: readonly string[]): Promise<void> {
  await db.query("DELETE FROM stray WHERE media_id = ANY ($1::text[])", [mediaIds]);
}

export interface Expected {
  mediaId: string;
  type: ImageType;
  isMissing: boolean;
}

/** The images whose file must be there, in the order of their ids. A drawing is drawn again when it is needed. */
export function expectedFiles(db: Queryable, after: string, rows: number): Promise<Expected[]> {
  return db.query<Expected>(
    `SELECT media_id AS "mediaId", type, missing_since IS NOT NULL AS "isMissing" FROM media
     WHERE media_id > $1 AND drawing IS NULL ORDER BY media_id LIMIT $2`,
    [after, rows],
  );
}

export async function markMissing(db: Queryable, mediaIds: readonly string[]): Promise<void> {
  await db.query("UPDATE media SET missing_since = now() WHERE media_id = ANY ($1::text[]) AND missing_since IS NULL", [
    mediaIds,
  ]);
}

export async function countMissing(db: Queryable): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    "SELECT count(*)::int AS count FROM media WHERE missing_since IS NOT NULL",
  );
  return row?.count ?? 0;
}

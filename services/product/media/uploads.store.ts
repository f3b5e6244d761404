import type { Queryable } from "#lib/sql/transaction.ts";

/** Keeps a part until the last one arrives. A part that is sent twice is the same. */
export async function keepPart(db: Queryable, uploadId: string, number: number, content: Buffer): Promise<void> {
  await db.query(
    "INSERT INTO upload_part (upload_id, number, content) VALUES ($1, $2, $3) ON CONFLICT (upload_id, number) DO NOTHING",
    [uploadId, number, content],
  );
}

/** The parts of an upload in their order. */
export async function readParts(db: Queryable, uploadId: string): Promise<{ number: number; content: Buffer }[]> {
  return db.query("SELECT number, content FROM upload_part WHERE upload_id = $1 ORDER BY number", [uploadId]);
}

export async function deleteParts(db: Queryable, uploadId: string): Promise<void> {
  await db.query("DELETE FROM upload_part WHERE upload_id = $1", [uploadId]);
}

/** Deletes the parts of uploads that were not finished. */
export async function deleteUnfinished(db: Queryable, seconds: number, rows: number): Promise<void> {
  await db.query(
    `DELETE FROM upload_part WHERE (upload_id, number) IN (
       SELECT upload_id, number FROM upload_part WHERE created_at < now() - make_interval(secs => $1)
       ORDER BY created_at LIMIT $2)`,
    [seconds, rows],
  );
}

import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import type { RowFault } from "./domain/import/draft.ts";
import type { ImportSettings, Position } from "./domain/import/import.ts";

export type ImportStatus = "uploading" | "waiting" | "running" | "finished" | "failed";

/** An import as it is stored. */
export interface StoredImport {
  importId: string;
  status: ImportStatus;
  settings: ImportSettings;
  parts: number;
  bytes: number;
  /** Until where the file is imported. */
  readBytes: number;
  lastRow: number;
  chunks: number;
  done: number;
  failed: number;
  problem: string | null;
  createdAt: Date;
  updatedAt: Date;
}

const IMPORT = `
  import_id AS "importId", status, settings, parts, bytes, read_bytes AS "readBytes", last_row AS "lastRow", chunks,
  done, failed, problem, created_at AS "createdAt", updated_at AS "updatedAt"`;

export async function insertImport(
  tx: Queryable,
  { importId, settings, headerBytes }: { importId: string; settings: ImportSettings; headerBytes: number },
): Promise<void> {
  await tx.query("INSERT INTO import (import_id, status, settings, read_bytes) VALUES ($1, 'uploading', $2, $3)", [
    importId,
    JSON.stringify(settings),
    headerBytes,
  ]);
}

/** Adds the next part of a file. @returns false when it is not the next one */
export async function addPart(tx: Queryable, importId: string, number: number, body: Buffer): Promise<boolean> {
  const [row] = await tx.query<{ bytes: number }>(
    `UPDATE import SET parts = parts + 1, bytes = bytes + $3, updated_at = now()
     WHERE import_id = $1 AND status = 'uploading' AND parts = $2 - 1 RETURNING bytes`,
    [importId, number, body.length],
  );
  if (!row) return false;
  await tx.query("INSERT INTO import_part (import_id, number, starts_at, body) VALUES ($1, $2, $3, $4)", [
    importId,
    number,
    row.bytes - body.length,
    body,
  ]);
  return true;
}

export async function endUpload(tx: Queryable, importId: string): Promise<void> {
  await tx.query("UPDATE import SET status = 'waiting', updated_at = now() WHERE import_id = $1", [importId]);
}

export async function findImport(db: Queryable, importId: string): Promise<StoredImport | undefined> {
  const [row] = await db.query<StoredImport>(`SELECT ${IMPORT} FROM import WHERE import_id = $1`, [importId]);
  return row;
}

export async function pageOfImports(
  db: Queryable,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ imports: StoredImport[]; total: number }> {
  const [imports, [counted]] = await Promise.all([
    db.query<StoredImport>(`SELECT ${IMPORT} FROM import ORDER BY created_at DESC, import_id DESC LIMIT $1 OFFSET $2`, [
      limit,
      offset,
    ]),
    db.query<{ total: number }>("SELECT count(*) AS total FROM import"),
  ]);
  return { imports, total: counted?.total ?? 0 };
}

export async function errorsOf(db: Queryable, importId: string): Promise<RowFault[]> {
  return db.query("SELECT row, message FROM import_error WHERE import_id = $1 ORDER BY place", [importId]);
}

/** Bytes of a file from a place on: at least `least` of them, if it has so many. */
export async function readBytes(db: Queryable, importId: string, at: number, least: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  while (length < least) {
    const [row] = await db.query<{ body: Buffer; startsAt: number }>(
      `SELECT body, starts_at AS "startsAt" FROM import_part
       WHERE import_id = $1 AND starts_at <= $2 AND octet_length(body) > 0 ORDER BY number DESC LIMIT 1`,
      [importId, at + length],
    );
    const body = row?.body.subarray(at + length - row.startsAt);
    if (!body || body.length === 0) break;
    parts.push(body);
    length += body.length;
  }
  return Buffer.concat(parts);
}

/** Moves an import on. @returns false when it is not where the caller thinks: somebody else has moved it */
export async function advance(
  tx: Queryable,
  importId: string,
  from: Position,
  to: Position,
  progress: { done: number; failed: number; status: ImportStatus; problem: string | null },
): Promise<boolean> {
  const moved = await tx.query(
    `UPDATE import SET read_bytes = $3, last_row = $4, chunks = chunks + 1, done = done + $5, failed = failed + $6,
                       status = $7, problem = $8, updated_at = now()
     WHERE import_id = $1 AND read_bytes = $2 AND status IN ('waiting', 'running') RETURNING 1 AS moved`,
    [importId, from.at, to.at, to.row, progress.done, progress.failed, progress.status, progress.problem],
  );
  return moved.length > 0;
}

/** Locks an import until the transaction ends, so that its progress is written by one worker at a time. */
export async function isAt(tx: Queryable, importId: string, { at }: Position): Promise<boolean> {
  const rows = await tx.query(
    `SELECT 1 AS found FROM import
     WHERE import_id = $1 AND read_bytes = $2 AND status IN ('waiting', 'running') FOR UPDATE`,
    [importId, at],
  );
  return rows.length > 0;
}

/** Stores faults while there is room for them. */
export function addErrors(tx: Transaction, importId: string, faults: readonly RowFault[], most: number): void {
  if (faults.length === 0) return;
  tx.write(
    `INSERT INTO import_error (import_id, place, row, message)
     SELECT $1, stored.count + added.place, added.row, added.message
     FROM (SELECT count(*)::int AS count FROM import_error WHERE import_id = $1) stored,
          unnest($2::int[], $3::text[]) WITH ORDINALITY AS added (row, message, place)
     WHERE stored.count + added.place <= $4`,
    [importId, faults.map(({ row }) => row), faults.map(({ message }) => message), most],
  );
}

/** Those of these products that the import has seen. */
export async function seenProducts(db: Queryable, importId: string, slugs: readonly string[]): Promise<Set<string>> {
  const rows = await db.query<{ slug: string }>(
    "SELECT slug FROM import_product WHERE import_id = $1 AND slug = ANY ($2::text[])",
    [importId, slugs],
  );
  return new Set(rows.map(({ slug }) => slug));
}

export function addSeenProducts(tx: Transaction, importId: string, slugs: readonly string[]): void {
  if (slugs.length === 0) return;
  tx.write("INSERT INTO import_product (import_id, slug) SELECT $1, slug FROM unnest($2::text[]) AS s (slug)", [
    importId,
    slugs,
  ]);
}

/** Deletes what only a running import needs. */
export function deleteWorkingData(tx: Transaction, importId: string): void {
  tx.write("DELETE FROM import_part WHERE import_id = $1", [importId]);
  tx.write("DELETE FROM import_product WHERE import_id = $1", [importId]);
}

/** Deletes uploads that nobody continues, and imports that ended long ago. @returns how many, at most `rows` */
export async function deleteOldImports(
  tx: Queryable,
  { uploadMinutes, days, rows }: { uploadMinutes: number; days: number; rows: number },
): Promise<number> {
  const deleted = await tx.query(
    `DELETE FROM import WHERE import_id IN (
       SELECT import_id FROM import
       WHERE (status = 'uploading' AND updated_at < now() - make_interval(mins => $1))
          OR (status IN ('finished', 'failed') AND updated_at < now() - make_interval(days => $2))
       ORDER BY updated_at LIMIT $3 FOR UPDATE SKIP LOCKED
     ) RETURNING 1 AS deleted`,
    [uploadMinutes, days, rows],
  );
  return deleted.length;
}

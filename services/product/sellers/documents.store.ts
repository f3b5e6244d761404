import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import type { Sealed } from "#lib/vault/vault.ts";
import { sellerLimits } from "./domain/limits.ts";
import type { DocumentType } from "./domain/seller.ts";

export interface StoredDocument {
  documentId: string;
  sellerId: string;
  type: DocumentType;
  mediaType: string;
  bytes: number;
  createdAt: Date;
}

const DOCUMENT = `document_id AS "documentId", seller_id AS "sellerId", type, media_type AS "mediaType", bytes,
  created_at AS "createdAt"`;

/** What a part is bound to: in another document, or in another place of its own, it cannot be decrypted. */
export function partRow(documentId: string, number: number): string {
  return JSON.stringify(["document_part", "content", documentId, number]);
}

/** The documents that are complete, the oldest first. */
export function documentsOf(db: Queryable, sellerId: string): Promise<StoredDocument[]> {
  return db.query<StoredDocument>(
    `SELECT ${DOCUMENT} FROM seller_document WHERE seller_id = $1 AND is_complete ORDER BY created_at, document_id LIMIT $2`,
    [sellerId, sellerLimits.DOCUMENTS],
  );
}

/** Also those that are still arriving. The row of the seller must be locked. */
export async function countDocuments(tx: Queryable, sellerId: string): Promise<number> {
  const [row] = await tx.query<{ count: number }>(
    "SELECT count(*)::int AS count FROM seller_document WHERE seller_id = $1",
    [sellerId],
  );
  return row?.count ?? 0;
}

export function insertDocument(
  tx: Transaction,
  { documentId, sellerId, type, mediaType }: Omit<StoredDocument, "bytes" | "createdAt">,
): void {
  tx.write("INSERT INTO seller_document (document_id, seller_id, type, media_type) VALUES ($1, $2, $3, $4)", [
    documentId,
    sellerId,
    type,
    mediaType,
  ]);
}

/** A part that was sent twice is stored once. */
export function insertPart(tx: Transaction, documentId: string, number: number, { value, keyId }: Sealed): void {
  tx.write(
    "INSERT INTO document_part (document_id, number, content, key_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    [documentId, number, value, keyId],
  );
}

/** @returns undefined when the document, or one of its parts, is not there */
export async function completeDocument(
  tx: Queryable,
  { documentId, sellerId, bytes, parts }: { documentId: string; sellerId: string; bytes: number; parts: number },
): Promise<StoredDocument | undefined> {
  const [document] = await tx.query<StoredDocument>(
    `UPDATE seller_document SET bytes = $3, is_complete = true
     WHERE document_id = $1 AND seller_id = $2
       AND (SELECT count(*) FROM document_part p WHERE p.document_id = $1) = $4
     RETURNING ${DOCUMENT}`,
    [documentId, sellerId, bytes, parts],
  );
  return document;
}

/** A complete document of this seller, with the number of its parts. */
export async function findDocument(
  db: Queryable,
  sellerId: string,
  documentId: string,
): Promise<(StoredDocument & { parts: number }) | undefined> {
  const [document] = await db.query<StoredDocument & { parts: number }>(
    `SELECT ${DOCUMENT}, (SELECT count(*)::int FROM document_part p WHERE p.document_id = $1) AS parts
     FROM seller_document WHERE document_id = $1 AND seller_id = $2 AND is_complete`,
    [documentId, sellerId],
  );
  return document;
}

export async function readPart(db: Queryable, documentId: string, number: number): Promise<string | undefined> {
  const [part] = await db.query<{ content: string }>(
    "SELECT content FROM document_part WHERE document_id = $1 AND number = $2",
    [documentId, number],
  );
  return part?.content;
}

/** The parts after the first belong to the same reading, unless somebody asks for them alone. */
export function insertReading(
  tx: Transaction,
  { documentId, sellerId }: StoredDocument,
  readBy: string,
  part: number,
): void {
  tx.write(
    `INSERT INTO document_reading (document_id, seller_id, read_by) SELECT $1, $2, $3
     WHERE $4::int = 1 OR NOT EXISTS (
       SELECT FROM document_reading
       WHERE document_id = $1 AND read_by = $3 AND read_at > now() - make_interval(secs => $5))`,
    [documentId, sellerId, readBy, part, sellerLimits.READING_SECONDS],
  );
}

export async function pageOfReadings(
  db: Queryable,
  { sellerId, documentId }: { sellerId: string; documentId: string },
  { limit, offset }: { limit: number; offset: number },
): Promise<{ rows: { by: string; at: Date }[]; total: number }> {
  const [rows, counted] = await Promise.all([
    db.query<{ by: string; at: Date }>(
      `SELECT read_by AS by, read_at AS at FROM document_reading WHERE document_id = $1 AND seller_id = $2
       ORDER BY reading_id DESC LIMIT $3 OFFSET $4`,
      [documentId, sellerId, limit, offset],
    ),
    db.query<{ total: number }>(
      "SELECT count(*)::int AS total FROM document_reading WHERE document_id = $1 AND seller_id = $2",
      [documentId, sellerId],
    ),
  ]);
  return { rows, total: counted[0]?.total ?? 0 };
}

/**
 * Deletes uploads that were not finished, and the documents of sellers who were rejected long ago: nothing is decided by
 * them any more.
 */
export async function deleteOldDocuments(tx: Queryable): Promise<void> {
  await tx.query(
    `DELETE FROM seller_document WHERE document_id IN (
       SELECT document_id FROM seller_document
       WHERE NOT is_complete AND created_at < now() - make_interval(secs => $1) ORDER BY created_at LIMIT $2)`,
    [sellerLimits.DOCUMENT_SECONDS, sellerLimits.SWEPT_DOCUMENTS],
  );
  await tx.query(
    `DELETE FROM seller_document WHERE document_id IN (
       SELECT document_id FROM seller_document JOIN seller USING (seller_id)
       WHERE status = 'rejected' AND status_at < now() - make_interval(days => $1) LIMIT $2)`,
    [sellerLimits.DOCUMENT_DAYS, sellerLimits.SWEPT_DOCUMENTS],
  );
}

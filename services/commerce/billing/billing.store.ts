import { paging } from "#lib/contract/contract.ts";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import type { DocumentKind, Draft, Placement, StoredDocument } from "./domain/document.ts";

const COLUMNS = `document_id AS "documentId", kind, order_id AS "orderId", customer_id AS "customerId", refund_id AS "refundId",
  seller_id AS "sellerId", country, year, position, total_minor AS "totalMinor", net_minor AS "netMinor", currency,
  issued_at AS "issuedAt", content`;

/** A draft with the event that it follows from. */
export interface DueDraft {
  eventId: string;
  draft: Draft;
}

export interface Placed {
  eventId: string;
  placement: Placement;
  issuedAt: Date;
}

/**
 * Takes the next numbers for drafts of one kind: only for those whose fact is still due, and whose order has no invoice yet
 * if they are invoices. What was due is done then. The series stay locked until the end of the transaction.
 */
export async function takeNumbers(
  tx: Queryable,
  sellerId: string,
  kind: DocumentKind,
  due: readonly DueDraft[],
): Promise<Placed[]> {
  const rows = await tx.query<{ eventId: string; country: string; year: number; position: number; issuedAt: Date }>(
    `WITH taken AS (
       DELETE FROM due WHERE event_id = ANY ($3::text[]) RETURNING event_id
     ), fresh AS (
       SELECT event_id, country, row_number() OVER (PARTITION BY country ORDER BY place) AS rank
       FROM taken JOIN unnest($3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS d (event_id, order_id, country, place)
         USING (event_id)
       WHERE $2 <> 'invoice' OR NOT EXISTS (
         SELECT FROM document o WHERE o.order_id = d.order_id AND o.kind = 'invoice')
     ), wanted AS (
       SELECT country, count(*)::int AS count FROM fresh GROUP BY country
     ), numbered AS (
       INSERT INTO series AS s (seller_id, country, kind, year, last, issued_at)
       SELECT $1, country, $2, extract(year FROM now() AT TIME ZONE 'UTC')::int, count, clock_timestamp()
       FROM wanted ORDER BY country
       ON CONFLICT (seller_id, country, kind, year) DO UPDATE
         SET last = s.last + EXCLUDED.last, issued_at = greatest(s.issued_at, clock_timestamp())
       RETURNING country, year, last, issued_at
     )
     SELECT event_id AS "eventId", country, year, (last - count + rank)::int AS position, issued_at AS "issuedAt"
     FROM fresh JOIN wanted USING (country) JOIN numbered USING (country)`,
    [
      sellerId,
      kind,
      due.map(({ eventId }) => eventId),
      due.map(({ draft }) => draft.orderId),
      due.map(({ draft }) => draft.country),
    ],
  );
  return rows.map(({ eventId, issuedAt, ...place }) => ({
    eventId,
    issuedAt,
    placement: { ...place, sellerId, kind },
  }));
}

export function insertDocuments(tx: Transaction, documents: readonly StoredDocument[]): void {
  tx.write(
    `INSERT INTO document (document_id, kind, order_id, customer_id, refund_id, seller_id, country, year, position,
                           total_minor, net_minor, currency, issued_at, content)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[],
                          $9::int[], $10::bigint[], $11::bigint[], $12::text[], $13::timestamptz[], $14::json[])`,
    [
      documents.map(({ documentId }) => documentId),
      documents.map(({ kind }) => kind),
      documents.map(({ orderId }) => orderId),
      documents.map(({ customerId }) => customerId),
      documents.map(({ refundId }) => refundId),
      documents.map(({ sellerId }) => sellerId),
      documents.map(({ country }) => country),
      documents.map(({ year }) => year),
      documents.map(({ position }) => position),
      documents.map(({ totalMinor }) => totalMinor),
      documents.map(({ netMinor }) => netMinor),
      documents.map(({ currency }) => currency),
      documents.map(({ issuedAt }) => issuedAt.toISOString()),
      documents.map(({ content }) => JSON.stringify(content)),
    ],
  );
}

/** Locks the invoices of orders, so that credit notes of an order are made one after the other. */
export async function lockInvoices(tx: Queryable, orderIds: readonly string[]): Promise<Map<string, StoredDocument>> {
  const rows = await tx.query<StoredDocument>(
    `SELECT ${COLUMNS} FROM document WHERE order_id = ANY ($1::text[]) AND kind = 'invoice' ORDER BY order_id FOR UPDATE`,
    [orderIds],
  );
  return new Map(rows.map((row) => [row.orderId, row]));
}

export interface Credit {
  orderId: string;
  creditedMinor: number;
  refundIds: string[];
}

/** What is credited of orders by now. */
export function readCredits(tx: Queryable, orderIds: readonly string[]): Promise<Credit[]> {
  return tx.query<Credit>(
    `SELECT order_id AS "orderId", sum(total_minor)::bigint AS "creditedMinor", array_agg(refund_id) AS "refundIds"
     FROM document WHERE order_id = ANY ($1::text[]) AND kind = 'creditNote' GROUP BY order_id`,
    [orderIds],
  );
}

export async function findInvoice(db: Queryable, orderId: string): Promise<StoredDocument | undefined> {
  const [row] = await db.query<StoredDocument>(
    `SELECT ${COLUMNS} FROM document WHERE order_id = $1 AND kind = 'invoice'`,
    [orderId],
  );
  return row;
}

export async function findCreditNote(
  db: Queryable,
  orderId: string,
  { country, year, position }: Pick<Placement, "country" | "year" | "position">,
): Promise<StoredDocument | undefined> {
  const [row] = await db.query<StoredDocument>(
    `SELECT ${COLUMNS} FROM document
     WHERE order_id = $1 AND kind = 'creditNote' AND country = $2 AND year = $3 AND position = $4`,
    [orderId, country, year, position],
  );
  return row;
}

/** One page of the credit notes of an order, the oldest first, with their number. */
export async function pageCreditNotes(
  db: Queryable,
  orderId: string,
  query: { page?: number | undefined; limit?: number | undefined },
) {
  const { page, limit, offset } = paging(query);
  const rows = await db.query<StoredDocument & { total: number }>(
    `SELECT ${COLUMNS}, (count(*) OVER ())::int AS total FROM document WHERE order_id = $1 AND kind = 'creditNote'
     ORDER BY issued_at, document_id LIMIT $2 OFFSET $3`,
    [orderId, limit, offset],
  );
  return { rows, pagination: { page, limit, total: rows[0]?.total ?? 0 } };
}

import { arrayText } from "#lib/sql/array-text.ts";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import type { Line, Posting } from "./domain/postings.ts";

/** An event with what it posts. */
export interface PostedEntry {
  eventId: string;
  eventType: string;
  topic: string;
  /** ISO 8601 */
  occurredAt: string;
  posting: Posting;
}

// An event whose period is closed is booked at the beginning of the earliest open one. An event that was posted before
// gets no entry, and so its lines find none.
const POST = `
  WITH open_from AS (
    SELECT coalesce((max(period) + interval '1 month') AT TIME ZONE 'UTC', '-infinity') AS at FROM period
  ), posted AS (
    INSERT INTO entry (event_id, event_type, topic, order_id, payment_id, customer_id, seller_id, currency, total_minor,
                       occurred_at, booked_at)
    SELECT event_id, event_type, topic, nullif(order_id, ''), nullif(payment_id, ''), nullif(customer_id, ''),
           nullif(seller_id, ''), currency, total, occurred_at, greatest(occurred_at, at)
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                $9::bigint[], $10::timestamptz[])
      AS asked (event_id, event_type, topic, order_id, payment_id, customer_id, seller_id, currency, total, occurred_at),
      open_from
    ON CONFLICT (event_id) DO NOTHING
    RETURNING entry_id, event_id, currency, booked_at
  )
  INSERT INTO line (entry_id, line_no, account, currency, booked_at, debit_minor, credit_minor)
  SELECT entry_id, line_no, account, currency, booked_at, debit, credit
  FROM unnest($11::text[], $12::smallint[], $13::text[], $14::bigint[], $15::bigint[])
    AS l (event_id, line_no, account, debit, credit)
  JOIN posted USING (event_id)`;

/** Posts entries with their lines, all in one statement. One for an event that is posted already does nothing. */
export function postEntries(tx: Transaction, entries: readonly PostedEntry[]): void {
  const lines = entries.flatMap(({ eventId, posting }) =>
    posting.lines.map((line, at) => ({ eventId, lineNo: at + 1, ...line })),
  );
  tx.write(POST, [
    arrayText(entries.map(({ eventId }) => eventId)),
    arrayText(entries.map(({ eventType }) => eventType)),
    arrayText(entries.map(({ topic }) => topic)),
    arrayText(entries.map(({ posting }) => posting.orderId ?? "")),
    arrayText(entries.map(({ posting }) => posting.paymentId ?? "")),
    arrayText(entries.map(({ posting }) => posting.customerId ?? "")),
    arrayText(entries.map(({ posting }) => posting.sellerId ?? "")),
    arrayText(entries.map(({ posting }) => posting.currency)),
    arrayText(entries.map(({ posting }) => posting.lines.reduce((sum, { debitMinor }) => sum + debitMinor, 0))),
    arrayText(entries.map(({ occurredAt }) => occurredAt)),
    arrayText(lines.map(({ eventId }) => eventId)),
    arrayText(lines.map(({ lineNo }) => lineNo)),
    arrayText(lines.map(({ account }) => account)),
    arrayText(lines.map(({ debitMinor }) => debitMinor)),
    arrayText(lines.map(({ creditMinor }) => creditMinor)),
  ]);
}

/** An entry as it is stored. */
export interface EntryRow {
  entryId: number;
  eventId: string;
  eventType: string;
  topic: string;
  orderId: string | null;
  paymentId: string | null;
  customerId: string | null;
  sellerId: string | null;
  currency: string;
  occurredAt: Date;
  bookedAt: Date;
  period: string;
  lines: readonly Line[];
}

const ENTRY = `
  SELECT entry_id AS "entryId", event_id AS "eventId", event_type AS "eventType", topic, order_id AS "orderId",
         payment_id AS "paymentId", customer_id AS "customerId", seller_id AS "sellerId", currency,
         occurred_at AS "occurredAt", booked_at AS "bookedAt", to_char(period, 'YYYY-MM') AS period,
         (SELECT json_agg(json_build_object('account', account, 'debitMinor', debit_minor, 'creditMinor', credit_minor)
                          ORDER BY line_no) FROM line WHERE line.entry_id = found.entry_id) AS lines
  FROM entry found`;

export async function entriesOf(db: Queryable, entryIds: readonly number[]): Promise<EntryRow[]> {
  return db.query<EntryRow>(`${ENTRY} WHERE entry_id = ANY ($1::bigint[]) ORDER BY booked_at DESC, entry_id DESC`, [
    entryIds,
  ]);
}

import type { Queryable } from "#lib/sql/transaction.ts";

/** The place of a line in an account: its time in milliseconds, and its entry. */
export type LineKey = readonly [bookedMs: number, entryId: number];

interface StatementLine {
  entryId: number;
  eventId: string;
  eventType: string;
  bookedAt: Date;
  orderId: string | null;
  paymentId: string | null;
  debitMinor: number;
  creditMinor: number;
}

/** Lines of an account in their order, at most `limit`, from an index in that order. */
export function linesOf(
  db: Queryable,
  asked: {
    account: string;
    currency: string;
    from: Date | undefined;
    to: Date;
    after: LineKey | undefined;
    limit: number;
  },
): Promise<StatementLine[]> {
  const { account, currency, from, to, after, limit } = asked;
  const values: unknown[] = [account, currency, to, limit];
  const beginning = after
    ? "AND (line.booked_at, line.entry_id) > (timestamptz 'epoch' + $5::bigint * interval '1 ms', $6::bigint)"
    : from
      ? "AND line.booked_at >= $5"
      : "";
  if (after) values.push(...after);
  else if (from) values.push(from);
  return db.query<StatementLine>(
    `SELECT line.entry_id AS "entryId", event_id AS "eventId", event_type AS "eventType", line.booked_at AS "bookedAt",
            order_id AS "orderId", payment_id AS "paymentId", debit_minor AS "debitMinor", credit_minor AS "creditMinor"
     FROM line JOIN entry USING (entry_id)
     WHERE account = $1 AND line.currency = $2 AND line.booked_at < $3 ${beginning}
     ORDER BY line.booked_at, line.entry_id LIMIT $4`,
    values,
  );
}

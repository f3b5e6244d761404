import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import type { Fact } from "./domain/due.ts";
import { billingLimits } from "./domain/limits.ts";

export function noteFacts(tx: Transaction, facts: readonly Fact[]): void {
  tx.write(
    `INSERT INTO due (event_id, fact, due_at)
     SELECT event_id, fact, now() + make_interval(secs => $3) FROM unnest($1::text[], $2::json[]) AS f (event_id, fact)
     ON CONFLICT (event_id) DO NOTHING`,
    [facts.map(({ eventId }) => eventId), facts.map((fact) => JSON.stringify(fact)), billingLimits.LEASE_SECONDS],
  );
}

/** Claims facts that nobody has dealt with in time, the oldest first, and puts the next try off. */
export async function claimOverdue(db: Queryable, limit: number): Promise<Fact[]> {
  const rows = await db.query<{ fact: Fact }>(
    `UPDATE due SET attempts = attempts + 1,
            due_at = now() + make_interval(secs => least($1 * 2 ^ least(attempts, 10), $2))
     WHERE event_id = ANY (ARRAY(
       SELECT event_id FROM due WHERE due_at <= now() ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED))
     RETURNING fact`,
    [billingLimits.LEASE_SECONDS, billingLimits.RETRY_CAP_SECONDS, limit],
  );
  return rows.map(({ fact }) => fact);
}

/** Facts that no document follows from. */
export async function dropFacts(db: Queryable, eventIds: readonly string[]): Promise<void> {
  await db.query("DELETE FROM due WHERE event_id = ANY ($1::text[])", [eventIds]);
}

/** Puts off refunds of orders that have no invoice, longer at each time, and gives them up in the end. */
export async function putOffRefunds(db: Queryable, eventIds: readonly string[]): Promise<void> {
  await db.query(
    `WITH given_up AS (
       DELETE FROM due WHERE event_id = ANY ($1::text[]) AND created_at < now() - make_interval(days => $4)
     )
     UPDATE due SET attempts = attempts + 1,
            due_at = now() + make_interval(secs => least($2 * 2 ^ least(attempts, 20), $3))
     WHERE event_id = ANY ($1::text[]) AND created_at >= now() - make_interval(days => $4)`,
    [eventIds, billingLimits.LEASE_SECONDS, billingLimits.REFUND_CHECK_CAP_SECONDS, billingLimits.REFUND_WAIT_DAYS],
  );
}

/** Makes refunds of orders due at once that had no invoice before. */
export function hurryRefunds(tx: Transaction, orderIds: readonly string[]): void {
  tx.write(
    `UPDATE due SET due_at = now()
     WHERE fact ->> 'kind' = 'refunded' AND fact ->> 'orderId' = ANY ($1::text[]) AND attempts > 0`,
    [orderIds],
  );
}

/** How many payments wait for their invoice, or invoiced refunds for their credit note, for long. */
export async function countOverdue(db: Queryable): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM due
     WHERE created_at < now() - make_interval(secs => $1)
       AND (fact ->> 'kind' = 'captured' OR EXISTS (
         SELECT FROM document d WHERE d.order_id = fact ->> 'orderId' AND d.kind = 'invoice'))`,
    [billingLimits.OVERDUE_SECONDS],
  );
  return row?.count ?? 0;
}

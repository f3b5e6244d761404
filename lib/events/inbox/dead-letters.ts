import { limits } from "#config/limits.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import type { EventEnvelope } from "../envelope.ts";

/** An event that a group could not apply, with the error of the last attempt. */
export interface EventFailure {
  event: EventEnvelope;
  error: unknown;
  attempts: number;
}

export interface DeadLetter {
  eventId: string;
  event: EventEnvelope;
  error: string;
  attempts: number;
  deadAt: Date;
}

const COLUMNS = `event_id AS "eventId", envelope AS event, error, attempts, dead_at AS "deadAt"`;

/** Stores one dead letter for each event; an event that has one already gets the new error. */
export async function writeDeadLetters(tx: Queryable, group: string, failures: readonly EventFailure[]): Promise<void> {
  await tx.query(
    `INSERT INTO dead_letter (consumer_group, event_id, envelope, error, attempts)
     SELECT $1, * FROM unnest($2::text[], $3::json[], $4::text[], $5::int[])
     ON CONFLICT (consumer_group, event_id) DO UPDATE
     SET error = EXCLUDED.error, attempts = EXCLUDED.attempts, dead_at = now(), discarded_at = NULL, discarded_by = NULL`,
    [
      group,
      failures.map(({ event }) => event.eventId),
      failures.map(({ event }) => JSON.stringify(event)),
      failures.map(({ error }) => storableText(error)),
      failures.map(({ attempts }) => attempts),
    ],
  );
}

/** The text of an error, without NUL characters, which Postgres refuses, and of a bounded length. */
function storableText(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return text.replaceAll("\0", "").slice(0, limits.DEAD_LETTER_ERROR_CHARS);
}

/** One page of the dead letters that are not discarded, the newest first. */
export async function listDeadLetters(
  db: Queryable,
  group: string,
  { page = 1, limit = 20 }: { page?: number | undefined; limit?: number | undefined },
): Promise<{ deadLetters: DeadLetter[]; total: number }> {
  const [deadLetters, total] = await Promise.all([
    db.query<DeadLetter>(
      `SELECT ${COLUMNS} FROM dead_letter WHERE consumer_group = $1 AND discarded_at IS NULL
       ORDER BY dead_at DESC, event_id LIMIT $2 OFFSET $3`,
      [group, limit, (page - 1) * limit],
    ),
    countDeadLetters(db, group),
  ]);
  return { deadLetters, total };
}

export async function countDeadLetters(db: Queryable, group: string): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    "SELECT count(*) AS count FROM dead_letter WHERE consumer_group = $1 AND discarded_at IS NULL",
    [group],
  );
  return row?.count ?? 0;
}

export async function findDeadLetter(db: Queryable, group: string, eventId: string): Promise<DeadLetter | undefined> {
  const [row] = await db.query<DeadLetter>(
    `SELECT ${COLUMNS} FROM dead_letter WHERE consumer_group = $1 AND event_id = $2 AND discarded_at IS NULL`,
    [group, eventId],
  );
  return row;
}

/** Removes a dead letter in the transaction that applies its event; it stays when that transaction is rolled back. */
export async function takeDeadLetter(tx: Queryable, group: string, eventId: string): Promise<DeadLetter | undefined> {
  const [row] = await tx.query<DeadLetter>(
    `DELETE FROM dead_letter WHERE consumer_group = $1 AND event_id = $2 AND discarded_at IS NULL RETURNING ${COLUMNS}`,
    [group, eventId],
  );
  return row;
}

/** Records that a retry by an operator has failed. */
export async function noteFailedRetry(db: Queryable, group: string, eventId: string, error: unknown): Promise<void> {
  await db.query(
    `UPDATE dead_letter SET error = $3, attempts = attempts + 1, dead_at = now()
     WHERE consumer_group = $1 AND event_id = $2 AND discarded_at IS NULL`,
    [group, eventId, storableText(error)],
  );
}

/**
 * Discards a dead letter: it is not listed or counted any more, and stays in its table for `DISCARDED_LETTER_DAYS`.
 * @returns whether there was one
 */
export async function discardDeadLetter(db: Queryable, group: string, eventId: string, by: string): Promise<boolean> {
  const rows = await db.query(
    `UPDATE dead_letter SET discarded_at = now(), discarded_by = $3
     WHERE consumer_group = $1 AND event_id = $2 AND discarded_at IS NULL RETURNING 1`,
    [group, eventId, by],
  );
  return rows.length > 0;
}

import { limits } from "#config/limits.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import type { EventEnvelope } from "../envelope.ts";

/** An event that a group could not apply, and of what its last attempt failed. */
export interface Failed {
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

/** Puts events aside. A letter is one for each event: one that dies again says of what it died last. */
export async function putAside(tx: Queryable, group: string, failed: readonly Failed[]): Promise<void> {
  await tx.query(
    `INSERT INTO dead_letter (consumer_group, event_id, envelope, error, attempts)
     SELECT $1, * FROM unnest($2::text[], $3::json[], $4::text[], $5::int[])
     ON CONFLICT (consumer_group, event_id) DO UPDATE
     SET error = EXCLUDED.error, attempts = EXCLUDED.attempts, dead_at = now(), discarded_at = NULL, discarded_by = NULL`,
    [
      group,
      failed.map(({ event }) => event.eventId),
      failed.map(({ event }) => JSON.stringify(event)),
      failed.map(({ error }) => textOf(error)),
      failed.map(({ attempts }) => attempts),
    ],
  );
}

/** An error as a column takes it: Postgres has no NUL in texts, and nobody reads more. */
function textOf(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return text.replaceAll("\0", "").slice(0, limits.DEAD_LETTER_ERROR_CHARS);
}

/** One page of the letters nobody has thrown away, the newest first. */
export async function pageOfLetters(
  db: Queryable,
  group: string,
  { page = 1, limit = 20 }: { page?: number | undefined; limit?: number | undefined },
): Promise<{ letters: DeadLetter[]; total: number }> {
  const [letters, total] = await Promise.all([
    db.query<DeadLetter>(
      `SELECT ${COLUMNS} FROM dead_letter WHERE consumer_group = $1 AND discarded_at IS NULL
       ORDER BY dead_at DESC, event_id LIMIT $2 OFFSET $3`,
      [group, limit, (page - 1) * limit],
    ),
    countLetters(db, group),
  ]);
  return { letters, total };
}

export async function countLetters(db: Queryable, group: string): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    "SELECT count(*) AS count FROM dead_letter WHERE consumer_group = $1 AND discarded_at IS NULL",
    [group],
  );
  return row?.count ?? 0;
}

export async function findLetter(db: Queryable, group: string, eventId: string): Promise<DeadLetter | undefined> {
  const [row] = await db.query<DeadLetter>(
    `SELECT ${COLUMNS} FROM dead_letter WHERE consumer_group = $1 AND event_id = $2 AND discarded_at IS NULL`,
    [group, eventId],
  );
  return row;
}

/** Takes a letter away because its event is about to be applied; given back if that fails and the transaction with it. */
export async function takeLetter(tx: Queryable, group: string, eventId: string): Promise<DeadLetter | undefined> {
  const [row] = await tx.query<DeadLetter>(
    `DELETE FROM dead_letter WHERE consumer_group = $1 AND event_id = $2 AND discarded_at IS NULL RETURNING ${COLUMNS}`,
    [group, eventId],
  );
  return row;
}

/** Writes down that one more attempt has failed. */
export async function noteFailure(db: Queryable, group: string, eventId: string, error: unknown): Promise<void> {
  await db.query(
    `UPDATE dead_letter SET error = $3, attempts = attempts + 1, dead_at = now()
     WHERE consumer_group = $1 AND event_id = $2 AND discarded_at IS NULL`,
    [group, eventId, textOf(error)],
  );
}

/** Throws a letter away: it counts no more, and stays to be seen in its table for `DISCARDED_LETTER_DAYS`. @returns whether there was one */
export async function discardLetter(db: Queryable, group: string, eventId: string, by: string): Promise<boolean> {
  const rows = await db.query(
    `UPDATE dead_letter SET discarded_at = now(), discarded_by = $3
     WHERE consumer_group = $1 AND event_id = $2 AND discarded_at IS NULL RETURNING 1`,
    [group, eventId, by],
  );
  return rows.length > 0;
}

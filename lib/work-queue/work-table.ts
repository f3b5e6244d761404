import type { Cause } from "#lib/sql/cause.ts";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import type { Claim } from "./work-queue.ts";

/** One piece of work, as the worker that claimed it sees it. */
export interface WorkItem<Payload> {
  /** Stays the same through all attempts: the idempotency key for whatever is called. */
  workId: string;
  payload: Payload;
  /** Which attempt this is, from 1. Above 1, an earlier one may have done everything and crashed before it was recorded. */
  attempts: number;
  /** Where the work comes from: `tx.because(cause)` gives it to events. */
  cause: Cause;
}

export interface NewWork<Payload> {
  /** Unique in its table. Work whose id is in the table already is not added again. */
  workId: string;
  payload: Payload;
  cause: Cause;
  /** 0 unless stated. */
  delayMs?: number;
}

/** An attempt that failed, and when to make the next one; undefined parks the item. */
export interface FailedAttempt {
  workId: string;
  attempts: number;
  error: string;
  retryMs: number | undefined;
}

/** Work that waits for an operator, because no further attempt was promising. */
export interface ParkedWork {
  workId: string;
  payload: unknown;
  attempts: number;
  error: string;
  parkedAt: Date;
}

const OVERDUE_MINUTES = 5;

/**
 * The SQL of one table of work. A migration of the owning service makes the table; `docs/work-queue.md` has its shape.
 * Finished work is deleted, so the table holds open work only.
 */
export class WorkTable<Payload> {
  readonly #table: string;

  /** @param table its name, a constant of the service: it becomes part of statements */
  constructor(table: string) {
    if (!/^[a-z][a-z0-9_]*$/.test(table)) throw new Error(`${table} cannot be the name of a table of work.`);
    this.#table = table;
  }

  /** Adds work if, and only if, the transaction commits. */
  insert(tx: Transaction, work: readonly NewWork<Payload>[]): void {
    tx.write(
      `INSERT INTO ${this.#table} (work_id, payload, due_at, correlation_id, causation_id, traceparent)
       SELECT work_id, payload, now() + make_interval(secs => delay / 1000), correlation_id, causation_id, traceparent
       FROM unnest($1::text[], $2::json[], $3::float8[], $4::text[], $5::text[], $6::text[])
         AS w (work_id, payload, delay, correlation_id, causation_id, traceparent)
       ORDER BY work_id
       ON CONFLICT (work_id) DO NOTHING`,
      [
        work.map(({ workId }) => workId),
        work.map(({ payload }) => JSON.stringify(payload)),
        work.map(({ delayMs = 0 }) => delayMs),
        work.map(({ cause }) => cause.correlationId),
        work.map(({ cause }) => cause.causationId),
        work.map(({ cause }) => cause.traceparent),
      ],
    );
  }

  async claim(db: Queryable, claim: Claim, leaseMs: number): Promise<WorkItem<Payload>[]> {
    const [due, value] =
      "limit" in claim
        ? ["ORDER BY due_at LIMIT $1", claim.limit]
        : ["AND work_id = ANY ($1::text[]) ORDER BY work_id", claim.ids];
    const rows = await db.query<{
      work_id: string;
      payload: Payload;
      attempts: number;
      correlation_id: string;
      causation_id: string;
      traceparent: string | null;
    }>(
      `WITH due AS (
         SELECT work_id FROM ${this.#table} WHERE parked_at IS NULL AND due_at <= now() ${due} FOR UPDATE SKIP LOCKED
       )
       UPDATE ${this.#table} w SET attempts = attempts + 1, due_at = now() + make_interval(secs => $2::float8 / 1000)
       FROM due WHERE w.work_id = due.work_id
       RETURNING w.work_id, payload, attempts, correlation_id, causation_id, traceparent`,
      [value, leaseMs],
    );
    return rows.map((row) => ({
      workId: row.work_id,
      payload: row.payload,
      attempts: row.attempts,
      cause: { correlationId: row.correlation_id, causationId: row.causation_id, traceparent: row.traceparent },
    }));
  }

  /** Locks those of these items that nobody has finished yet. */
  async lockOpen(tx: Transaction, workIds: readonly string[]): Promise<Set<string>> {
    const rows = await tx.query<{ work_id: string }>(
      `SELECT work_id FROM ${this.#table} WHERE work_id = ANY ($1::text[]) ORDER BY work_id FOR UPDATE`,
      [workIds],
    );
    return new Set(rows.map(({ work_id }) => work_id));
  }

  finish(tx: Transaction, workIds: readonly string[]): void {
    tx.write(`DELETE FROM ${this.#table} WHERE work_id = ANY ($1::text[])`, [workIds]);
  }

  /** Schedules the next attempts, or parks. An item that another worker has claimed since is left to that worker. */
  fail(tx: Transaction, failed: readonly FailedAttempt[]): void {
    tx.write(
      `UPDATE ${this.#table} w SET
         last_error = f.error,
         due_at = now() + make_interval(secs => coalesce(f.retry, 0) / 1000),
         parked_at = CASE WHEN f.retry IS NULL THEN now() END
       FROM unnest($1::text[], $2::int[], $3::text[], $4::float8[]) AS f (work_id, attempts, error, retry)
       WHERE w.work_id = f.work_id AND w.attempts = f.attempts`,
      [
        failed.map(({ workId }) => workId),
        failed.map(({ attempts }) => attempts),
        failed.map(({ error }) => error),
        failed.map(({ retryMs }) => retryMs ?? null),
      ],
    );
  }

  /** Parked work, the latest first. */
  async parked(
    db: Queryable,
    { page, limit }: { page: number; limit: number },
  ): Promise<{ work: ParkedWork[]; total: number }> {
    const [rows, total] = await Promise.all([
      db.query<{ work_id: string; payload: unknown; attempts: number; last_error: string; parked_at: Date }>(
        `SELECT work_id, payload, attempts, last_error, parked_at FROM ${this.#table} WHERE parked_at IS NOT NULL
         ORDER BY parked_at DESC, work_id LIMIT $1 OFFSET $2`,
        [limit, (page - 1) * limit],
      ),
      this.countParked(db),
    ]);
    const work = rows.map((row) => ({
      workId: row.work_id,
      payload: row.payload,
      attempts: row.attempts,
      error: row.last_error,
      parkedAt: row.parked_at,
    }));
    return { work, total };
  }

  /** Makes a parked item due again, with all its attempts. @returns whether it was parked */
  async retryParked(db: Queryable, workId: string): Promise<boolean> {
    const rows = await db.query(
      `UPDATE ${this.#table} SET parked_at = NULL, attempts = 0, due_at = now()
       WHERE work_id = $1 AND parked_at IS NOT NULL RETURNING work_id`,
      [workId],
    );
    return rows.length > 0;
  }

  /** Deletes a parked item. @returns whether it was parked */
  async discardParked(db: Queryable, workId: string): Promise<boolean> {
    const rows = await db.query(
      `DELETE FROM ${this.#table} WHERE work_id = $1 AND parked_at IS NOT NULL RETURNING work_id`,
      [workId],
    );
    return rows.length > 0;
  }

  countParked(db: Queryable): Promise<number> {
    return count(db, `SELECT count(*) AS count FROM ${this.#table} WHERE parked_at IS NOT NULL`);
  }

  /** Work that has been due for minutes without a worker that claims it. */
  countOverdue(db: Queryable): Promise<number> {
    return count(
      db,
      `SELECT count(*) AS count FROM ${this.#table}
       WHERE parked_at IS NULL AND due_at < now() - make_interval(mins => ${OVERDUE_MINUTES})`,
    );
  }
}

async function count(db: Queryable, text: string): Promise<number> {
  const [row] = await db.query<{ count: number }>(text);
  return row?.count ?? 0;
}

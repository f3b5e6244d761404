import { limits } from "#config/limits.ts";
import type { ServiceContext } from "./context.ts";

/** Something a service does by itself now and then, on one node at a time. */
export interface Job<Deps = unknown> {
  name: string;
  everyMs: number;
  run(ctx: ServiceContext<Deps>): Promise<void>;
}

export function every<Deps = unknown>(everyMs: number, name: string, run: Job<Deps>["run"]): Job<Deps> {
  return { name, everyMs, run };
}

const HOUSEKEEPING_MS = 60_000;
const HOUSEKEEPING_ROWS = 5_000; // per statement
const HOUSEKEEPING_BITES = 40; // per table and run: 3,300 rows a second, more than any service writes for a month

/** What every database needs: forgetting what is past its retention, in bounded bites. */
export function housekeeping<Deps>(): Job<Deps>[] {
  return [
    every(HOUSEKEEPING_MS, "housekeeping", async ({ db }) => {
      // The oldest rows by `order` are looked at, so that tables written in the rush need no index on their age.
      const forget = async (table: string, order: string, column: string, days: number) => {
        for (let bite = 0; bite < HOUSEKEEPING_BITES; bite++) {
          const [{ count } = { count: 0 }] = await db.query<{ count: number }>(
            `WITH gone AS (
               DELETE FROM ${table} WHERE ctid = ANY
                 (ARRAY(SELECT ctid FROM (SELECT ctid, ${column} AS age FROM ${table} ORDER BY ${order} LIMIT $2) AS oldest
                        WHERE age < now() - make_interval(days => $1)))
               RETURNING 1
             ) SELECT count(*) AS count FROM gone`,
            [days, HOUSEKEEPING_ROWS],
          );
          if (count < HOUSEKEEPING_ROWS) return;
        }
      };
      await forget("outbox", "id", "sent_at", limits.OUTBOX_RETENTION_DAYS);
      await forget("inbox", "consumer_group, event_id", "applied_at", limits.INBOX_RETENTION_DAYS);
      await forget("dead_letter", "discarded_at", "discarded_at", limits.DISCARDED_LETTER_DAYS);
      await forget("idempotency_key", "expires_at", "expires_at", 0);
      await forget("keyvalue", "expires_at", "expires_at", 0);
    }),
  ];
}

/**
 * Starts jobs. Each run holds a lock in the service's database, so that a job runs on one node at a time; a run that
 * fails is logged, and the next one comes.
 * @returns a function that stops them and waits for the running ones
 */
export function startJobs<Deps>(
  jobs: readonly Job<Deps>[],
  context: (job: string) => ServiceContext<Deps>,
): () => Promise<void> {
  const running = new Map<string, Promise<void>>();
  const timers = jobs.map((job) =>
    setInterval(() => {
      if (running.has(job.name)) return;
      const run = runLocked(job, context(job.name)).finally(() => running.delete(job.name));
      running.set(job.name, run);
    }, job.everyMs),
  );
  return async () => {
    for (const timer of timers) clearInterval(timer);
    await Promise.all(running.values());
  };
}

async function runLocked<Deps>(job: Job<Deps>, ctx: ServiceContext<Deps>): Promise<void> {
  try {
    await ctx.db.transaction(ctx.cause, async (tx) => {
      const [lock] = await tx.query<{ mine: boolean }>(
        "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 2)) AS mine",
        [job.name],
      );
      if (lock?.mine) await job.run(ctx);
    });
  } catch (error) {
    ctx.log.warn(`The job ${job.name} failed; it runs again.`, { reason: String(error) });
  }
}

import { setTimeout as sleep } from "node:timers/promises";
import { limits } from "#config/limits.ts";
import type { Log } from "#lib/log.ts";
import type { AdvisoryLocks } from "#lib/sql/advisory-locks.ts";
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
 * Starts jobs. A node runs a job only while it holds the job's lock in the service's database, so that a job runs on one
 * node at a time; when that node ends, another one takes the lock. A run that fails is logged, and the next one comes.
 *
 * The lock belongs to a connection and not to a transaction: a transaction would be idle while the job works elsewhere,
 * and Postgres ends it after `IDLE_TRANSACTION_MS`, and its lock with it.
 * @param locks of the service's database; must stay open until the returned function has ended
 * @returns a function that stops the jobs, waits for running ones for at most `SHUTDOWN_MS`, and releases their locks
 */
export function startJobs<Deps>(
  jobs: readonly Job<Deps>[],
  locks: AdvisoryLocks,
  log: Log,
  context: (job: string) => ServiceContext<Deps>,
): () => Promise<void> {
  const running = new Map<string, Promise<void>>();
  for (const { name } of jobs) {
    locks.request(lockOf(name), {
      onAcquired: () => {},
      onLost: () => {
        if (!running.has(name)) return log.debug(`The lock of the job ${name} was lost; it is taken again.`);
        log.warn(`The lock of the job ${name} was lost while it runs: another node may start the job as well.`);
      },
    });
  }
  const timers = jobs.map((job) =>
    setInterval(() => {
      if (running.has(job.name) || !locks.holds(lockOf(job.name))) return;
      const run = runLogged(job, context(job.name)).finally(() => running.delete(job.name));
      running.set(job.name, run);
    }, job.everyMs),
  );
  const stop = async () => {
    for (const timer of timers) clearInterval(timer);
    const ended = Promise.all(running.values()).then(() => true);
    if (!(await Promise.race([ended, sleep(limits.SHUTDOWN_MS, false, { ref: false })]))) {
      log.warn("Jobs are still running; this node stops without them.", { jobs: [...running.keys()] });
      return; // their locks are held for as long as this process lives
    }
    await Promise.all(jobs.map(({ name }) => locks.release(lockOf(name))));
  };
  let stopped: Promise<void> | undefined;
  return () => {
    stopped ??= stop();
    return stopped;
  };
}

function lockOf(job: string): string {
  return `job/${job}`;
}

async function runLogged<Deps>(job: Job<Deps>, ctx: ServiceContext<Deps>): Promise<void> {
  try {
    await job.run(ctx);
  } catch (error) {
    ctx.log.warn(`The job ${job.name} failed; it runs again.`, { reason: String(error) });
  }
}

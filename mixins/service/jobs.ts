import { setTimeout as sleep } from "node:timers/promises";
import { limits } from "#config/limits.ts";
import type { Log } from "#lib/log.ts";
import type { NamedLocks } from "#lib/sql/advisory-locks.ts";
import { deleteExpired } from "#lib/sql/retention.ts";
import { analyzeGrownTables } from "#lib/sql/table-statistics.ts";
import type { ServiceContext } from "./context.ts";

/** Work that a service does at intervals, on one node at a time. */
export interface Job<Deps = unknown> {
  name: string;
  everyMs: number;
  run(ctx: ServiceContext<Deps>): Promise<void>;
}

export function every<Deps = unknown>(everyMs: number, name: string, run: Job<Deps>["run"]): Job<Deps> {
  return { name, everyMs, run };
}

const HOUSEKEEPING_MS = 60_000;
const STATISTICS_MS = 5_000; // a table may grow by some 10,000 rows in this time

/** The jobs that every service with a database has: they delete what is past its retention, and keep plans right. */
export function databaseJobs<Deps>(): Job<Deps>[] {
  return [
    every(HOUSEKEEPING_MS, "housekeeping", ({ db }) => deleteExpired(db)),
    every(STATISTICS_MS, "statistics", async ({ db, log }) => {
      const tables = await analyzeGrownTables(db);
      if (tables.length > 0) log.debug("Statistics of tables that have grown were renewed.", { tables });
    }),
  ];
}

/**
 * Starts jobs. A node runs a job only while it holds the job's lock in the service's database, so that a job runs on one
 * node at a time; when that node ends, another one takes the lock. A run that fails is logged, and the job runs again after `everyMs`.
 *
 * The lock belongs to a connection and not to a transaction: a transaction would be idle while the job works elsewhere,
 * and Postgres ends it after `IDLE_TRANSACTION_MS`, and its lock with it.
 * @param locks of the service's database; must stay open until the returned function has ended
 * @returns a function that stops the jobs, waits for running ones for at most `SHUTDOWN_MS`, and releases their locks
 */
export function startJobs<Deps>(
  jobs: readonly Job<Deps>[],
  locks: NamedLocks,
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
      return; // this process keeps their locks until it ends
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

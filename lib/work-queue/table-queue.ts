import type { Log } from "#lib/log.ts";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import { backoffMs } from "./backoff.ts";
import { withTimeout } from "./with-timeout.ts";
import { WorkQueue, type WorkQueueBounds } from "./work-queue.ts";
import type { FailedAttempt, NewWork, WorkItem, WorkTable } from "./work-table.ts";

const ERROR_CHARS = 1_000;

/** Thrown by an attempt that no repetition can help, such as an address that does not exist: the item is parked at once. */
export class PermanentFailure extends Error {
  override readonly name = "PermanentFailure";
}

export interface TableQueueBounds extends WorkQueueBounds {
  /** Time for one attempt; below `leaseMs`. */
  timeoutMs: number;
  /** Before the second attempt; doubled with each further one, up to `backoffCapMs`. */
  backoffMs: number;
  backoffCapMs: number;
  /** After so many attempts without success the item is parked. */
  maxAttempts: number;
}

export interface Finished<Payload, Result> {
  item: WorkItem<Payload>;
  result: Result;
}

export interface TableQueueOptions<Payload, Result> {
  /** Shown in the log. */
  name: string;
  table: WorkTable<Payload>;
  bounds: TableQueueBounds;
  db: Queryable;
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  log: Log;
  /** Does the work of one item, outside of any transaction. It may run twice for an item: use `workId` as the key. */
  attempt(item: WorkItem<Payload>, signal: AbortSignal): Promise<Result>;
  /** Writes results in the transaction that removes their items: each item's result is written exactly once. */
  settle(tx: Transaction, finished: readonly Finished<Payload, Result>[]): Promise<void>;
}

type Outcome<Payload, Result> =
  | ({ kind: "finished" } & Finished<Payload, Result>)
  | { kind: "failed"; item: WorkItem<Payload>; failure: FailedAttempt };

/** A work queue on a table of its own, with retries and parking. */
export class TableQueue<Payload, Result> {
  readonly #options: TableQueueOptions<Payload, Result>;
  readonly #queue: WorkQueue<WorkItem<Payload>, Outcome<Payload, Result>>;

  constructor(options: TableQueueOptions<Payload, Result>) {
    this.#options = options;
    const { name, table, bounds, db, log } = options;
    if (bounds.timeoutMs >= bounds.leaseMs) throw new Error(`An attempt of ${name} could take longer than its lease.`);
    this.#queue = new WorkQueue({
      name,
      bounds,
      log,
      claim: (claim, leaseMs) => table.claim(db, claim, leaseMs),
      attempt: (item) => this.#attempt(item),
      record: (outcomes) => this.#record(outcomes),
      idOf: ({ item }) => item.workId,
    });
  }

  start(): void {
    this.#queue.start();
  }

  stop(): Promise<void> {
    return this.#queue.stop();
  }

  /** Adds work if, and only if, the transaction commits; it begins right after the commit. */
  enqueue(tx: Transaction, work: readonly NewWork<Payload>[]): void {
    if (work.length === 0) return;
    this.#options.table.insert(tx, work);
    tx.afterCommit(() => this.#queue.wake(work.filter(({ delayMs }) => !delayMs).map(({ workId }) => workId)));
  }

  /** Makes a parked item due again, with all its attempts. @returns whether it was parked */
  async retryParked(workId: string): Promise<boolean> {
    const { table, db } = this.#options;
    const found = await table.retryParked(db, workId);
    if (found) this.#queue.wake([workId]);
    return found;
  }

  async #attempt(item: WorkItem<Payload>): Promise<Outcome<Payload, Result>> {
    const { name, bounds, attempt } = this.#options;
    // Earlier attempts that left no trace have crashed their worker, or their results could not be recorded.
    if (item.attempts > bounds.maxAttempts) return this.#failed(item, new PermanentFailure("No attempt was recorded."));
    try {
      const result = await withTimeout(`${name} ${item.workId}`, bounds.timeoutMs, (signal) => attempt(item, signal));
      return { kind: "finished", item, result };
    } catch (error) {
      return this.#failed(item, error);
    }
  }

  #failed(item: WorkItem<Payload>, error: unknown): Outcome<Payload, Result> {
    const { name, bounds, log } = this.#options;
    const { workId, attempts } = item;
    const hopeless = error instanceof PermanentFailure || attempts >= bounds.maxAttempts;
    const reason = String(error).slice(0, ERROR_CHARS);
    if (hopeless) log.error(`Work of ${name} is parked.`, { item: workId, attempts, reason });
    else log.warn(`An attempt of ${name} failed; there will be another one.`, { item: workId, attempts, reason });
    const retryMs = hopeless
      ? undefined
      : backoffMs(attempts, { firstMs: bounds.backoffMs, capMs: bounds.backoffCapMs });
    return { kind: "failed", item, failure: { workId, attempts, error: reason, retryMs } };
  }

  async #record(outcomes: readonly Outcome<Payload, Result>[]): Promise<readonly string[]> {
    const { table, transaction, settle } = this.#options;
    const finished = outcomes.filter((outcome) => outcome.kind === "finished");
    const failures = outcomes.flatMap((outcome) => (outcome.kind === "failed" ? [outcome.failure] : []));
    await transaction(async (tx) => {
      if (failures.length > 0) table.fail(tx, failures);
      if (finished.length === 0) return;
      const open = await table.lockOpen(
        tx,
        finished.map(({ item }) => item.workId),
      );
      const mine = finished.filter(({ item }) => open.has(item.workId));
      if (mine.length === 0) return;
      await settle(tx, mine);
      table.finish(
        tx,
        mine.map(({ item }) => item.workId),
      );
    });
    return [];
  }
}

import type { Cause } from "#lib/sql/cause.ts";
import type { Database } from "#lib/sql/database.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { type Finished, TableQueue, type TableQueueBounds } from "#lib/work-queue/table-queue.ts";
import { type NewWork, type WorkItem, WorkTable } from "#lib/work-queue/work-table.ts";
import type { ServiceContext, Transactions } from "./context.ts";
import type { Alarm } from "./event-admin.ts";

/** A durable queue as a service's definition lists it. */
export interface ServiceQueue<Deps = unknown> {
  /** Names the transactions that record outcomes, for their fail points: `<service>.<name>.before-commit`. */
  readonly name: string;
  /** What the queue asks an outside provider for: each has fail points before and after the question. */
  readonly asks?: readonly string[];
  /** The table whose parked work operators can see, retry and discard; absent for queues that never park. */
  readonly table?: WorkTable<never>;
  readonly alarms?: Readonly<Record<string, Alarm>>;
  /** Makes this node's queue. The service starts it after `setup`, and stops it before `teardown`. */
  open(ctx: ServiceContext<Deps> & Transactions): RunningQueue;
}

export interface RunningQueue {
  start(): void;
  /** Ends when the attempts under way are recorded. */
  stop(): Promise<void>;
  /** Makes a parked item due again. @returns whether it was parked */
  retryParked?(workId: string): Promise<boolean>;
}

export interface WorkQueueDefinition<Payload, Result, Deps> {
  name: string;
  /** Made by a migration of the service; `docs/work-queue.md` has its shape. */
  table: string;
  bounds: TableQueueBounds;
  /**
   * Does the work of one item, outside of any transaction. It may run twice for an item, so what it calls gets
   * `item.workId` as its key. If it opens a transaction, that must check whether its work was done already. Throws to be
   * retried, and `PermanentFailure` to be parked at once.
   */
  attempt(ctx: ServiceContext<Deps> & Transactions, item: WorkItem<Payload>, signal: AbortSignal): Promise<Result>;
  /** Writes results, and emits events with `tx.because(item.cause)`, in the transaction that removes the items. */
  settle?(ctx: ServiceContext<Deps>, tx: Transaction, finished: readonly Finished<Payload, Result>[]): Promise<void>;
}

/** What a handler's or a consumer's context brings for `enqueue`. */
interface EnqueueContext {
  db: Database;
  cause: Cause;
}

export interface DeclaredQueue<Payload, Deps> extends ServiceQueue<Deps> {
  /**
   * Adds work if, and only if, the transaction commits; it begins right after the commit. Without a cause of its own, work
   * has that of the context.
   */
  enqueue(
    ctx: EnqueueContext,
    tx: Transaction,
    work: readonly (Omit<NewWork<Payload>, "cause"> & { cause?: Cause })[],
  ): void;
}

/** Declares a durable queue on a table of its own. List it in the service's `queues`, and `enqueue` within transactions. */
export function workQueue<Payload, Result = void, Deps = unknown>(
  definition: WorkQueueDefinition<Payload, Result, Deps>,
): DeclaredQueue<Payload, Deps> {
  const { name, bounds, attempt, settle } = definition;
  const table = new WorkTable<Payload>(definition.table);
  // A service runs at most once on a broker, but a process of tests may have several brokers.
  const running = new WeakMap<Database, TableQueue<Payload, Result>>();
  return {
    name,
    table: table as WorkTable<never>,
    alarms: {
      [`${name}Parked`]: { summary: `Work of ${name} that was given up`, count: (db) => table.countParked(db) },
      [`${name}Overdue`]: { summary: `Work of ${name} due for minutes`, count: (db) => table.countOverdue(db) },
    },
    open(ctx) {
      const queue = new TableQueue<Payload, Result>({
        name,
        table,
        bounds,
        db: ctx.db,
        transaction: ctx.transaction,
        log: ctx.log,
        attempt: (item, signal) => attempt(ctx, item, signal),
        settle: async (tx, finished) => settle?.(ctx, tx, finished),
      });
      running.set(ctx.db, queue);
      return queue;
    },
    enqueue({ db, cause }, tx, work) {
      const queue = running.get(db);
      if (!queue) throw new Error(`The queue ${name} is not in the service's queues.`);
      queue.enqueue(
        tx,
        work.map((item) => ({ cause, ...item })),
      );
    },
  };
}

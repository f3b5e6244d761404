import { join } from "node:path";
import type { ServiceBroker } from "moleculer";
import { Type } from "typebox";
import type { Auth } from "#lib/contract/access.ts";
import { contract, event } from "#lib/contract/contract.ts";
import type { TableQueueBounds } from "#lib/work-queue/table-queue.ts";
import type { WorkItem } from "#lib/work-queue/work-table.ts";
import { service } from "#mixins/service/service.ts";
import { workQueue } from "#mixins/service/work-queue.ts";
import { databaseOf, startBroker } from "#test/support/broker.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { TEST_CAUSE } from "#test/support/stub-service.ts";

const BOUNDS: TableQueueBounds = {
  concurrency: 10,
  batch: 5,
  leaseMs: 30_000,
  pollMs: 50,
  timeoutMs: 20_000,
  backoffMs: 20,
  backoffCapMs: 100,
  maxAttempts: 3,
};

export interface Letter {
  to: string;
}

const letters = contract("letters", {
  summary: "Delivers letters.",
  actions: {},
  events: { LetterDelivered: event({ key: "workId", version: "1.0", data: Type.Object({ workId: Type.String() }) }) },
});

const SYSTEM: Auth = { kind: "service", service: "test" };

export interface LettersOptions {
  attempt(item: WorkItem<Letter>, signal: AbortSignal): Promise<unknown>;
  /** Runs before the result is written, in its transaction. */
  settling?: (workIds: readonly string[]) => void;
  bounds?: Partial<TableQueueBounds>;
  /** For a second node on the same database. */
  namespace?: string;
}

/** A node with a service that delivers letters: a queue on a table of its own, with results and events. */
export async function lettersHarness({ attempt, settling, bounds, namespace = freshNamespace() }: LettersOptions) {
  const deliveries = workQueue<Letter, unknown>({
    name: "deliver",
    table: "delivery",
    bounds: { ...BOUNDS, ...bounds },
    attempt: (_, item, signal) => attempt(item, signal),
    settle: async ({ node }, tx, finished) => {
      settling?.(finished.map(({ item }) => item.workId));
      for (const { item } of finished) {
        tx.write("INSERT INTO delivered (work_id, attempts, node) VALUES ($1, $2, $3)", [
          item.workId,
          item.attempts,
          node,
        ]);
        tx.because(item.cause).emit(letters.events.LetterDelivered, { workId: item.workId });
      }
    },
  });
  const schema = service(letters, {
    database: { migrations: join(import.meta.dirname, "migrations") },
    actions: {},
    queues: [deliveries],
  });
  const broker = await startBroker({ services: [schema], namespace });
  const db = databaseOf(broker, "letters");
  return {
    broker,
    db,
    namespace,
    metadata: schema.metadata,
    stop: () => broker.stop(),
    /** Adds letters in one transaction, which `beforeCommit` can make fail. */
    send: (ids: readonly string[], { delayMs = 0, beforeCommit = () => {} } = {}) =>
      db.transaction(TEST_CAUSE, async (tx) => {
        deliveries.enqueue(
          { db, cause: TEST_CAUSE },
          tx,
          ids.map((workId) => ({ workId, payload: { to: `${workId} street` }, delayMs })),
        );
        beforeCommit();
      }),
    delivered: () =>
      db.query<{ work_id: string; attempts: number; node: string }>(
        "SELECT work_id, attempts, node FROM delivered ORDER BY receipt_id",
      ),
    open: () =>
      db.query<{ work_id: string; attempts: number; parked: boolean; last_error: string | null }>(
        "SELECT work_id, attempts, parked_at IS NOT NULL AS parked, last_error FROM delivery ORDER BY work_id",
      ),
    operate: (action: "parkedWork" | "retryWork" | "discardWork" | "backbone", params: object = {}) =>
      operate(broker, action, params),
  };
}

function operate(broker: ServiceBroker, action: string, params: object): Promise<unknown> {
  return broker.call(`letters.admin.${action}`, params, { meta: { auth: SYSTEM } });
}

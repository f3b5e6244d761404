import type { Log } from "#lib/log.ts";
import type { Cause } from "#lib/sql/cause.ts";
import type { Database } from "#lib/sql/database.ts";
import { ChangeNotifier } from "#lib/wait-for-change.ts";
import { WorkQueue } from "#lib/work-queue/work-queue.ts";
import { paymentLimits } from "../domain/limits.ts";
import { methodOf } from "../domain/method.ts";
import type { ProviderName } from "../domain/provider-names.ts";
import { type ClaimedOperation, claimOperations, readOperation, type StoredOperation } from "../operations.store.ts";
import { countryOf } from "../payables.store.ts";
import type { Providers } from "../providers/providers.ts";
import { type AttemptOptions, type AttemptTimings, attemptOperation } from "./attempt-operation.ts";
import type { Start } from "./changes.ts";
import { type Outcome, recordOutcomes } from "./record-outcomes.ts";

export interface Timings extends AttemptTimings {
  /** How long a client waits for an operation. */
  waitMs: number;
  leaseMs: number;
  pollMs: number;
  /** Provider calls at once on one node. */
  concurrency: number;
  /** Operations claimed, and outcomes recorded, by one transaction. */
  batch: number;
}

interface OperationsOptions extends Omit<AttemptOptions, "countryOf"> {
  db: Database;
  timings: Timings;
}

const CAUSE: Cause = { correlationId: "payments", causationId: "payments", traceparent: null }; // each operation has its own

/**
 * The operations of payments, carried out with the provider by a durable queue. The queue works on the `operation` table
 * itself, not on a table of its own: an operation is also what clients wait for and what a refund is shown by. One that has
 * run out of tries is parked until staff retry it; alarms count those that are late.
 */
export class Operations {
  readonly providers: Providers;
  readonly timings: Timings;
  readonly queue: WorkQueue<ClaimedOperation, Outcome>;
  readonly #db: Database;
  readonly #log: Log;
  readonly #settlements = new ChangeNotifier({
    maxWaiters: paymentLimits.OPERATION_WAITERS,
    pollMs: paymentLimits.OPERATION_WAIT_POLL_MS,
  });

  constructor({ db, providers, timings, log, resolve }: OperationsOptions) {
    this.providers = providers;
    this.timings = timings;
    this.#db = db;
    this.#log = log;
    this.queue = new WorkQueue({
      name: "payment operations",
      bounds: timings,
      log,
      claim: (claim, leaseMs) => claimOperations(db, claim, leaseMs),
      attempt: (operation) =>
        attemptOperation(operation, { providers, timings, log, resolve, countryOf: (id) => countryOf(db, id) }),
      record: (outcomes) => this.#record(outcomes),
      idOf: ({ operation }) => operation.operationId,
    });
  }

  /** The provider that takes a payment. That of a saved method becomes known when it is resolved. */
  choose({ paymentMethodId, currency, country }: Start["created"]): ProviderName {
    return this.providers.choose({ method: methodOf(paymentMethodId), currency, country });
  }

  /** Announces operations whose transaction has committed. */
  wake(operationIds: readonly string[]): void {
    this.queue.wake(operationIds);
  }

  /** The operation once its result is recorded; undefined when that takes longer than a client waits. */
  settled(operationId: string): Promise<StoredOperation | undefined> {
    return this.#settlements.waitUntil(operationId, this.timings.waitMs, async () => {
      const operation = await readOperation(this.#db, operationId);
      return operation?.settled ? operation : undefined;
    });
  }

  /** Ends the waits of clients. The service has stopped the queue before. */
  close(): void {
    this.#settlements.close();
  }

  async #record(outcomes: readonly Outcome[]): Promise<readonly string[]> {
    const contradictions = await recordOutcomes(this.#db, this, CAUSE, outcomes);
    for (const { operationId, paymentId, kind } of contradictions) {
      this.#log.error("The provider's answer contradicts the payment.", {
        operation: operationId,
        payment: paymentId,
        kind,
      });
    }
    for (const { operation } of outcomes) this.#settlements.notify(operation.operationId);
    const again = outcomes.filter((outcome) => outcome.kind === "unknown" && outcome.delayMs === 0);
    return again.map(({ operation }) => operation.operationId);
  }
}

import type { Cause } from "#lib/sql/cause.ts";
import type { Database } from "#lib/sql/database.ts";
import { ChangeNotifier } from "#lib/wait-for-change.ts";
import { paymentLimits } from "../domain/limits.ts";
import { approach, backoffMs, keyOf, type Settled } from "../domain/operation.ts";
import { type ClaimedOperation, claimOperations, readOperation, type StoredOperation } from "../operation.store.ts";
import { type PaymentProvider, type ProviderRequest, SpentKey, tell } from "../providers/provider.ts";
import { type Outcome, settle } from "./settle.ts";

export interface Timings {
  /** The provider's time to answer. */
  timeoutMs: number;
  /** A client's patience. */
  waitMs: number;
  leaseMs: number;
  pollMs: number;
  backoffMs: number;
  backoffCapMs: number;
  /** After a failure the provider keeps: what it does not know by then has not happened. */
  settlingMs: number;
  /** Provider calls at once. */
  calls: number;
  /** Operations taken up, and outcomes written down, at once. */
  batch: number;
}

interface Log {
  warn(message: string, facts?: object): void;
  error(message: string, facts?: object): void;
}

const CAUSE: Cause = { correlationId: "payments", causationId: "payments", traceparent: null }; // each operation brings its own

const GIVING_BACK: ReadonlySet<string> = new Set(["void", "refund"]);

/**
 * Works off operations: takes due ones up in batches, asks the provider, and writes what came of it down, again in
 * batches. A call that hangs delays nobody but itself. It is told of new operations right after their commit; a slow poll
 * finds those that are due again, and those of workers that died. Everything it knows is in the database: it may die at any moment.
 */
export class Operations {
  readonly provider: PaymentProvider;
  readonly timings: Timings;
  readonly #db: Database;
  readonly #log: Log;
  readonly #settlements = new ChangeNotifier({
    maxWaiters: paymentLimits.OPERATION_WAITERS,
    pollMs: paymentLimits.OPERATION_WAIT_POLL_MS,
  });
  readonly #calls = new Set<Promise<void>>();
  #outcomes: Outcome[] = [];
  #writing: Promise<void> | undefined;
  #claiming: Promise<void> | undefined;
  /** New operations. Postgres finds these at once, however many have been due before. */
  #fresh: string[] = [];
  /** Whether to look for whatever is due. */
  #look = false;
  #stopped = false;
  #poll: NodeJS.Timeout | undefined;

  constructor(options: { db: Database; provider: PaymentProvider; timings: Timings; log: Log }) {
    this.#db = options.db;
    this.provider = options.provider;
    this.timings = options.timings;
    this.#log = options.log;
  }

  start(): void {
    this.#poll = setInterval(() => this.#lookForDue(), this.timings.pollMs);
    this.#lookForDue();
  }

  /** These were written down, and may be due. */
  take(operationIds: readonly string[]): void {
    if (this.#fresh.length < this.timings.calls) this.#fresh.push(...operationIds);
    else this.#look = true; // there is no call free for them; they are found when there is
    this.#claim();
  }

  #lookForDue(): void {
    this.#look = true;
    this.#claim();
  }

  #claim(): void {
    if (!this.#stopped) this.#claiming ??= this.#claimAll();
  }

  /** The operation once its end is written down, or undefined when that takes longer than a client waits. */
  async settled(operationId: string): Promise<StoredOperation | undefined> {
    return this.#settlements.waitUntil(operationId, this.timings.waitMs, async () => {
      const operation = await readOperation(this.#db, operationId);
      return operation?.settled ? operation : undefined;
    });
  }

  /** Takes nothing up any more, and waits for the calls under way: each ends within its time-out. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#poll);
    await this.#claiming;
    await Promise.all(this.#calls);
    await this.#writing;
    this.#settlements.close();
  }

  async #claimAll(): Promise<void> {
    await Promise.resolve(); // what is written down in one go is taken up in one go
    while ((this.#look || this.#fresh.length > 0) && !this.#stopped) {
      const room = Math.min(this.timings.batch, this.timings.calls - this.#calls.size);
      if (room <= 0) break; // a call that ends goes on
      const looking = this.#look;
      this.#look = false;
      const claim = looking ? { limit: room } : { operationIds: this.#fresh.splice(0, room) };
      try {
        const claimed = await claimOperations(this.#db, claim, this.timings.leaseMs);
        for (const operation of claimed) this.#take(operation);
        if (looking && claimed.length === room) this.#look = true;
      } catch (error) {
        this.#log.warn("Payments cannot take up operations; the poll tries again.", { reason: String(error) });
      }
    }
    this.#claiming = undefined; // in the same turn as the last look, so that nothing falls between
  }

  #take(operation: ClaimedOperation): void {
    const call = this.#attempt(operation).then((outcome) => {
      this.#calls.delete(call);
      this.#outcomes.push(outcome);
      this.#writing ??= this.#writeAll();
      this.#claim();
    });
    this.#calls.add(call);
  }

  async #attempt(operation: ClaimedOperation): Promise<Outcome> {
    try {
      const answer = await this.#ask(operation);
      if (!answer) return { operation, kind: "unknown", key: "next", error: "The key was spent.", delayMs: 0 };
      if (answer.kind === "declined" && GIVING_BACK.has(operation.kind)) {
        this.#log.warn("The provider refuses to give money back.", {
          operation: operation.operationId,
          payment: operation.paymentId,
          kind: operation.kind,
          code: answer.decline.code,
        });
      }
      return { operation, kind: "settled", answer };
    } catch (error) {
      const { operationId, kind, attempts } = operation;
      this.#log.warn("It is unknown what became of a payment operation; the provider is asked again.", {
        operation: operationId,
        kind,
        attempts,
        reason: String(error),
      });
      const spent = error instanceof SpentKey;
      const { settlingMs, backoffMs: firstMs, backoffCapMs: capMs } = this.timings;
      const delayMs = spent ? settlingMs : backoffMs(attempts, { firstMs, capMs });
      return {
        operation,
        kind: "unknown",
        key: spent ? "spent" : "same",
        error: String(error).slice(0, 1_000),
        delayMs,
      };
    }
  }

  /** @returns undefined when the operation is to go on under its next key */
  async #ask(operation: ClaimedOperation): Promise<Settled | undefined> {
    const { find, otherwise } = approach(operation, operation.wish, this.timings.settlingMs);
    const request = requestFor(operation);
    const known =
      find === "no"
        ? undefined
        : await this.#bounded((signal) => this.provider.find(request, signal, find === "certainly"));
    if (known) return known;
    switch (otherwise) {
      case "tell":
        return this.#bounded((signal) => tell(this.provider, request, signal));
      case "wait":
        throw new Error("The provider keeps a failure, and may still be working on what it failed of.");
      case "renew":
        return undefined;
      case "abandon":
        return { kind: "abandoned" };
      default:
        return otherwise satisfies never;
    }
  }

  /** Ends within the time-out, whether or not the provider minds its signal. */
  #bounded<T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const abort = new AbortController();
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        const reason = new Error(`${this.provider.name} has not answered for ${this.timings.timeoutMs} ms.`);
        reject(reason);
        abort.abort(reason);
      }, this.timings.timeoutMs);
      call(abort.signal)
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
  }

  async #writeAll(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve)); // what is answered in one go is written in one go
    while (this.#outcomes.length > 0) await this.#write(this.#outcomes.splice(0, this.timings.batch));
    this.#writing = undefined;
  }

  async #write(outcomes: readonly Outcome[]): Promise<void> {
    try {
      const { follows, contradictions } = await settle(this.#db, CAUSE, outcomes);
      for (const { operationId, paymentId, kind } of contradictions) {
        this.#log.error("The provider's answer contradicts the payment.", {
          operation: operationId,
          payment: paymentId,
          kind,
        });
      }
      for (const { operation } of outcomes) this.#settlements.notify(operation.operationId);
      const again = outcomes.filter((outcome) => outcome.kind === "unknown" && outcome.delayMs === 0);
      this.take([...follows, ...again.map(({ operation }) => operation.operationId)]);
    } catch (error) {
      // One of many is at fault, or the database is away. Alone, each meets its own fate; what cannot be written is asked
      // of the provider again when the lease is over.
      if (outcomes.length > 1) for (const outcome of outcomes) await this.#write([outcome]);
      else
        this.#log.error("A payment operation cannot be written down yet.", {
          operation: outcomes[0]?.operation.operationId,
          reason: String(error),
        });
    }
  }
}

function requestFor(operation: ClaimedOperation): ProviderRequest {
  const {
    operationId,
    generation,
    createdAt: since,
    toldUntil: until,
    paymentId,
    orderId,
    customerId,
    currency,
    amountMinor,
    kind,
    methodId,
    reference,
    reason,
  } = operation;
  const spentKeys = Array.from({ length: generation }, (_, spent) => keyOf({ operationId, generation: spent }));
  const key = keyOf(operation);
  const always = { operationId, key, spentKeys, since, until, paymentId, orderId, currency, amountMinor };
  if (kind === "authorize") return { ...always, kind, customerId, methodId };
  return { ...always, kind, reference: reference ?? "", reason };
}

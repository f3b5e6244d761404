import { setTimeout as sleep } from "node:timers/promises";
import { limits } from "../../config/limits.ts";
import type { EventEnvelope } from "./envelope.ts";

/** One event on its way into a group. `settle` is called once: when it was applied, was a duplicate, or is dead. */
export interface Delivery {
  event: EventEnvelope;
  settle(): void;
}

/** What a group does with events; each call is one transaction. */
export interface GroupWork {
  /** Applies events in their order, all or none; events applied before are left out. */
  apply(events: readonly EventEnvelope[]): Promise<void>;
  /** Puts an event that cannot be applied aside. */
  bury(event: EventEnvelope, error: unknown, attempts: number): Promise<void>;
  isOutage(error: unknown): boolean;
  onError(event: EventEnvelope | undefined, error: unknown, attempt: number): void;
}

interface Waiting extends Delivery {
  attempts: number;
}

/**
 * The queue in front of one consumer group on one node. It applies events in batches, keeps the order of each
 * aggregate, tries a failing event again with back-off while the events of other aggregates go on, and buries it after
 * `EVENT_ATTEMPTS`. An outage of the group's database is waited out and counts for nobody.
 */
export class GroupQueue {
  readonly #work: GroupWork;
  #waiting: Waiting[] = [];
  /** Aggregates whose first event failed, with that event and the time of its next attempt (ms of `performance.now`). */
  readonly #held = new Map<string, { first: Waiting; at: number }>();
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(work: GroupWork) {
    this.#work = work;
  }

  /** Events not yet settled. */
  get size(): number {
    return this.#waiting.length + this.#held.size;
  }

  push(delivery: Delivery): void {
    this.#waiting.push({ ...delivery, settle: () => delivery.settle(), attempts: 0 });
    this.#run();
  }

  /** Forgets what is not being applied now; whoever delivered it will deliver it again. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#waiting = [];
    this.#held.clear();
    await this.#running;
  }

  #run(): void {
    this.#running ??= this.#loop().finally(() => {
      this.#running = undefined;
      if (!this.#stopped && this.size > 0) this.#run();
    });
  }

  async #loop(): Promise<void> {
    await Promise.resolve(); // everything delivered in this tick goes into the first batch
    while (!this.#stopped && this.size > 0) {
      const retry = this.#due();
      const batch = retry ? [retry] : this.#takeBatch();
      if (batch.length > 0) await this.#applyBatch(batch);
      else await sleep(Math.min(...[...this.#held.values()].map(({ at }) => Math.max(1, at - performance.now())), limits.EVENT_BACKOFF_MS));
    }
  }

  #due(): Waiting | undefined {
    const now = performance.now();
    for (const { first, at } of this.#held.values()) if (at <= now) return first;
    return undefined;
  }

  #takeBatch(): Waiting[] {
    if (this.#held.size === 0) return this.#waiting.splice(0, limits.GROUP_BATCH);
    const batch: Waiting[] = [];
    const rest: Waiting[] = [];
    for (const delivery of this.#waiting) {
      const free = batch.length < limits.GROUP_BATCH && !this.#held.has(aggregate(delivery.event));
      (free ? batch : rest).push(delivery);
    }
    this.#waiting = rest;
    return batch;
  }

  async #applyBatch(batch: Waiting[]): Promise<void> {
    const error = await this.#attempt(batch);
    if (error === undefined) return;
    if (this.#work.isOutage(error)) return this.#waitOut(batch, error);
    if (batch.length === 1 && batch[0]) return this.#failed(batch[0], error);
    // One of them is at fault. Alone, each meets its own fate: the others must not suffer for it.
    const deferred: Waiting[] = [];
    let outage: unknown;
    for (const delivery of batch) {
      if (outage !== undefined || this.#held.has(aggregate(delivery.event))) {
        deferred.push(delivery);
        continue;
      }
      const fault = await this.#attempt([delivery]);
      if (fault === undefined) continue;
      if (!this.#work.isOutage(fault)) await this.#failed(delivery, fault);
      else {
        outage = fault;
        deferred.push(delivery);
      }
    }
    if (outage !== undefined) return this.#waitOut(deferred, outage);
    this.#waiting.unshift(...deferred);
  }

  async #attempt(batch: readonly Waiting[]): Promise<unknown> {
    try {
      await this.#work.apply(batch.map(({ event }) => event));
    } catch (error) {
      return error ?? new Error("a consumer threw nothing");
    }
    for (const delivery of batch) this.#settle(delivery);
    return undefined;
  }

  async #failed(delivery: Waiting, error: unknown): Promise<void> {
    delivery.attempts += 1;
    this.#work.onError(delivery.event, error, delivery.attempts);
    if (delivery.attempts < limits.EVENT_ATTEMPTS) {
      const backoff = Math.min(limits.EVENT_BACKOFF_MS * 2 ** (delivery.attempts - 1), limits.EVENT_BACKOFF_CAP_MS);
      this.#held.set(aggregate(delivery.event), { first: delivery, at: performance.now() + backoff });
      return;
    }
    try {
      await this.#work.bury(delivery.event, error, delivery.attempts);
    } catch (buryError) {
      // It stays held, one attempt short of the end, until its database takes it.
      delivery.attempts -= 1;
      this.#held.set(aggregate(delivery.event), { first: delivery, at: performance.now() + limits.EVENT_OUTAGE_BACKOFF_MS });
      this.#work.onError(delivery.event, buryError, delivery.attempts);
      return;
    }
    this.#settle(delivery);
  }

  async #waitOut(batch: Waiting[], error: unknown): Promise<void> {
    this.#work.onError(undefined, error, 0);
    const fresh = batch.filter((delivery) => this.#held.get(aggregate(delivery.event))?.first !== delivery);
    this.#waiting.unshift(...fresh);
    await sleep(limits.EVENT_OUTAGE_BACKOFF_MS);
  }

  #settle(delivery: Waiting): void {
    const held = this.#held.get(aggregate(delivery.event));
    if (held?.first === delivery) this.#held.delete(aggregate(delivery.event));
    delivery.settle();
  }
}

function aggregate(event: EventEnvelope): string {
  return `${event.topic}/${event.key}`;
}

import { limits } from "#config/limits.ts";
import type { EventEnvelope } from "../envelope.ts";
import { failedEventOf } from "./failed-event.ts";

/** One event on its way into a group. `settle` is called once: when it was applied, was a duplicate, or is dead. */
export interface Delivery {
  event: EventEnvelope;
  settle(): void;
}

/** What a group does with events; each call is one transaction. */
export interface GroupWork {
  /**
   * Applies events in their order, all or none; events applied before are left out.
   * @param attempt 1 for the first try
   * @param lockTimeoutMs how long to wait for rows that somebody else has locked
   */
  apply(events: readonly EventEnvelope[], attempt: number, lockTimeoutMs: number): Promise<void>;
  /** Puts an event that cannot be applied aside. */
  deadLetter(event: EventEnvelope, error: unknown, attempts: number): Promise<void>;
  /** Fail points around the acknowledgement, where there are any. */
  reach?(boundary: "before-ack" | "after-ack", events: readonly EventEnvelope[]): Promise<void>;
  isOutage(error: unknown): boolean;
  /** Whether somebody else holds rows that these events need, while the database is well. */
  isBusy(error: unknown): boolean;
  onError(event: EventEnvelope | undefined, error: unknown, attempt: number): void;
}

/** How many at once, how often, how soon again. */
export type GroupBounds = Record<
  | "GROUP_BATCH"
  | "EVENT_ATTEMPTS"
  | "EVENT_BACKOFF_MS"
  | "EVENT_BACKOFF_CAP_MS"
  | "EVENT_OUTAGE_BACKOFF_MS"
  | "EVENT_LOCK_TIMEOUT_MS"
  | "EVENT_LOCK_RETRY_MS",
  number
>;

interface Waiting extends Delivery {
  attempts: number;
  /** How often its rows were locked by somebody else, which is nobody's fault. */
  busy: number;
}

/**
 * The queue in front of one consumer group on one node. It applies events in batches, keeps the order of each
 * aggregate, tries a failing event again with back-off while the events of other aggregates go on, and buries it after
 * `EVENT_ATTEMPTS`. An outage of the group's database is waited out and counts for nobody; a locked row holds the
 * aggregates that need it, and no others.
 */
export class GroupQueue {
  readonly #work: GroupWork;
  readonly #bounds: GroupBounds;
  #waiting: Waiting[] = [];
  /** Aggregates whose first event failed, with that event and the time of its next attempt (ms of `performance.now`). */
  readonly #held = new Map<string, { first: Waiting; at: number }>();
  #running: Promise<void> | undefined;
  #stopped = false;
  #wake: (() => void) | undefined;

  constructor(work: GroupWork, bounds: GroupBounds = limits) {
    this.#work = work;
    this.#bounds = bounds;
  }

  /** Events that wait: for their turn, or for their next attempt. */
  get size(): number {
    return this.#waiting.length + this.#held.size;
  }

  push({ event, settle }: Delivery): void {
    if (this.#stopped) return;
    this.#waiting.push({ event, settle, attempts: 0, busy: 0 });
    if (!this.#held.has(aggregate(event))) this.#wake?.();
    this.#run();
  }

  /** Forgets what is not being applied now; whoever delivered it will deliver it again. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    await this.#running;
    this.#waiting = [];
    this.#held.clear();
  }

  /** Goes on after a stop, with nothing. */
  resume(): void {
    this.#stopped = false;
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
      const outage = retry && (await this.#applyBatch([retry], this.#bounds.EVENT_LOCK_RETRY_MS));
      const batch = outage || this.#stopped ? [] : this.#takeBatch(); // retries do not keep the others waiting
      if (batch.length > 0) await this.#applyBatch(batch);
      else if (!retry) await this.#sleepUntilDue();
    }
  }

  #due(): Waiting | undefined {
    const now = performance.now();
    for (const { first, at } of this.#held.values()) if (at <= now) return first;
    return undefined;
  }

  #takeBatch(): Waiting[] {
    if (this.#held.size === 0) return this.#waiting.splice(0, this.#bounds.GROUP_BATCH);
    const batch: Waiting[] = [];
    const rest: Waiting[] = [];
    for (const delivery of this.#waiting) {
      const free = batch.length < this.#bounds.GROUP_BATCH && !this.#held.has(aggregate(delivery.event));
      (free ? batch : rest).push(delivery);
    }
    this.#waiting = rest;
    return batch;
  }

  /** @returns whether an outage was waited out */
  async #applyBatch(batch: Waiting[], lockTimeoutMs = this.#bounds.EVENT_LOCK_TIMEOUT_MS): Promise<boolean> {
    const deferred: Waiting[] = [];
    const outage = await this.#applyAllSound(batch, deferred, lockTimeoutMs);
    if (outage !== undefined) return this.#waitOut(deferred, outage);
    this.#waiting.unshift(...deferred);
    return false;
  }

  /**
   * Applies a batch but for the events at fault, for which the others must not suffer: the culprit is left out where it
   * is known, and searched for by halves where it is not; one by one where each failing half would wait for a lock. What
   * waits behind one that failed is deferred.
   * @returns the outage that ended this early; what was not tried then is deferred
   */
  async #applyAllSound(batch: readonly Waiting[], deferred: Waiting[], lockTimeoutMs: number): Promise<unknown> {
    const free = batch.filter((delivery) => this.#mayGo(delivery));
    deferred.push(...batch.filter((delivery) => !free.includes(delivery)));
    const [first] = free;
    if (!first) return undefined;
    const error = await this.#attempt(free, lockTimeoutMs);
    if (error === undefined) return undefined;
    if (this.#isOutage(error)) {
      deferred.push(...free);
      return error;
    }
    const blamed = failedEventOf(error);
    const culprit = free.length === 1 ? first : free.find(({ event }) => event.eventId === blamed?.eventId);
    if (culprit) await this.#failed(culprit, error);
    const rest = free.filter((delivery) => delivery !== culprit);
    const size = culprit ? rest.length : this.#work.isBusy(error) ? 1 : Math.ceil(rest.length / 2);
    let outage: unknown;
    for (let from = 0; from < rest.length; from += size) {
      const part = rest.slice(from, from + size);
      if (outage !== undefined) deferred.push(...part);
      else outage = await this.#applyAllSound(part, deferred, this.#bounds.EVENT_LOCK_RETRY_MS);
    }
    return outage;
  }

  #mayGo(delivery: Waiting): boolean {
    const held = this.#held.get(aggregate(delivery.event));
    return !this.#stopped && (held === undefined || held.first === delivery);
  }

  #isOutage(error: unknown): boolean {
    return this.#work.isOutage(error) && !this.#work.isBusy(error);
  }

  async #attempt(batch: readonly Waiting[], lockTimeoutMs: number): Promise<unknown> {
    const events = batch.map(({ event }) => event);
    const attempt = 1 + Math.max(...batch.map(({ attempts }) => attempts));
    try {
      await this.#work.apply(events, attempt, lockTimeoutMs);
      if (this.#work.reach) await this.#work.reach("before-ack", events);
    } catch (error) {
      return error ?? new Error("a consumer threw nothing");
    }
    for (const delivery of batch) this.#settle(delivery);
    if (this.#work.reach) await this.#acknowledged(events);
    return undefined;
  }

  /** What fails from here on fails nobody: it is only said. */
  async #acknowledged(events: readonly EventEnvelope[]): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve)); // acknowledgements leave at the end of a turn
    await this.#work.reach?.("after-ack", events).catch((error: unknown) => this.#work.onError(events[0], error, 0));
  }

  async #failed(delivery: Waiting, error: unknown): Promise<void> {
    const { EVENT_ATTEMPTS, EVENT_BACKOFF_MS, EVENT_BACKOFF_CAP_MS, EVENT_OUTAGE_BACKOFF_MS } = this.#bounds;
    if (this.#work.isBusy(error)) {
      if (delivery.busy === 0) this.#work.onError(delivery.event, error, delivery.attempts);
      this.#hold(delivery, Math.min(EVENT_BACKOFF_MS * 2 ** delivery.busy, EVENT_BACKOFF_CAP_MS));
      delivery.busy += 1;
      return;
    }
    delivery.attempts += 1;
    this.#work.onError(delivery.event, error, delivery.attempts);
    if (delivery.attempts < EVENT_ATTEMPTS) {
      this.#hold(delivery, Math.min(EVENT_BACKOFF_MS * 2 ** (delivery.attempts - 1), EVENT_BACKOFF_CAP_MS));
      return;
    }
    try {
      await this.#work.deadLetter(delivery.event, error, delivery.attempts);
    } catch (deadLetterError) {
      // It stays held, one attempt short of the end, until its database takes it.
      delivery.attempts -= 1;
      this.#hold(delivery, EVENT_OUTAGE_BACKOFF_MS);
      this.#work.onError(delivery.event, deadLetterError, delivery.attempts);
      return;
    }
    this.#settle(delivery);
  }

  #hold(first: Waiting, ms: number): void {
    this.#held.set(aggregate(first.event), { first, at: performance.now() + ms });
  }

  async #waitOut(batch: Waiting[], error: unknown): Promise<true> {
    this.#work.onError(undefined, error, 0);
    const fresh = batch.filter((delivery) => this.#held.get(aggregate(delivery.event))?.first !== delivery);
    this.#waiting.unshift(...fresh);
    await this.#sleep(this.#bounds.EVENT_OUTAGE_BACKOFF_MS, false);
    return true;
  }

  async #sleepUntilDue(): Promise<void> {
    let at = Number.POSITIVE_INFINITY;
    for (const held of this.#held.values()) at = Math.min(at, held.at);
    await this.#sleep(Math.max(1, at - performance.now()), true);
  }

  /** Ends early when the queue stops and, unless the database is away, when something arrives. */
  #sleep(ms: number, lightly: boolean): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#wake = () => {
        if (lightly || this.#stopped) wake();
      };
    });
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

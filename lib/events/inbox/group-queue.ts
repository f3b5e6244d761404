import { limits } from "#config/limits.ts";
import type { EventEnvelope } from "../envelope.ts";
import { failedEventOf } from "./failed-event.ts";
import type { Delivery, GroupBounds, GroupHandler } from "./group-handler.ts";

interface QueuedDelivery extends Delivery {
  /** Number of failed attempts. */
  attempts: number;
  /** Number of attempts that met a locked row; they do not count as failed. */
  lockedAttempts: number;
  /** Whether it waits for another event that needs a transaction anyway. */
  canWait: boolean;
}

/** The first event of a blocked key. */
interface PendingRetry {
  delivery: QueuedDelivery;
  /** Time of the next attempt, in ms of `performance.now`. */
  at: number;
}

/**
 * The queue of one consumer group on one node. It applies events in batches and keeps the order of each key. When an
 * event fails, its key is blocked until the next attempt, after a back-off, while the events of other keys go on. After
 * `EVENT_ATTEMPTS` failed attempts the event becomes a dead letter. An outage of the group's database is no failed
 * attempt: the queue waits until it has ended. A locked row blocks only the keys that need it. Events that can wait are
 * applied together with the next one that cannot, and after `EVENT_WAIT_MS` at the latest.
 */
export class GroupQueue {
  readonly #handler: GroupHandler;
  readonly #bounds: GroupBounds;
  #waiting: QueuedDelivery[] = [];
  /** By key. */
  readonly #retries = new Map<string, PendingRetry>();
  #running: Promise<void> | undefined;
  #stopped = false;
  #wake: (() => void) | undefined;
  #waitEnds: NodeJS.Timeout | undefined;

  constructor(handler: GroupHandler, bounds: GroupBounds = limits) {
    this.#handler = handler;
    this.#bounds = bounds;
  }

  /** Number of events that wait for their first attempt or for the next one. */
  get size(): number {
    return this.#waiting.length + this.#retries.size;
  }

  push({ event, settle }: Delivery): void {
    if (this.#stopped) return;
    if (this.#handler.concerns?.(event) === false) {
      settle();
      return;
    }
    const canWait = this.#handler.canWait?.(event) === true;
    this.#waiting.push({ event, settle, attempts: 0, lockedAttempts: 0, canWait });
    if (canWait) {
      this.#waitEnds ??= setTimeout(() => this.#endWait(), this.#bounds.EVENT_WAIT_MS);
      return;
    }
    if (!this.#retries.has(keyOf(event))) this.#wake?.();
    this.#run();
  }

  /** Finishes the batch that is being applied and drops the other deliveries: the transport delivers them again. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    clearTimeout(this.#waitEnds);
    this.#waitEnds = undefined;
    await this.#running;
    this.#waiting = [];
    this.#retries.clear();
  }

  /** Accepts deliveries again after a stop. */
  resume(): void {
    this.#stopped = false;
  }

  #run(): void {
    this.#running ??= this.#loop().finally(() => {
      this.#running = undefined;
      if (!this.#stopped && this.#isDue()) this.#run();
    });
  }

  #endWait(): void {
    this.#waitEnds = undefined;
    for (const delivery of this.#waiting) delivery.canWait = false;
    this.#wake?.();
    this.#run();
  }

  /** Whether there is more to do than to wait for the end of `EVENT_WAIT_MS`. */
  #isDue(): boolean {
    return this.#retries.size > 0 || this.#waiting.some(({ canWait }) => !canWait);
  }

  async #loop(): Promise<void> {
    await Promise.resolve(); // then the first batch has everything that is delivered in this tick
    while (!this.#stopped && this.#isDue()) {
      const retry = this.#dueRetry();
      const outage = retry && (await this.#applyBatch([retry], this.#bounds.EVENT_LOCK_RETRY_MS));
      const batch = outage || this.#stopped ? [] : this.#nextBatch(); // a batch after each retry: retries must not starve it
      if (batch.length > 0) await this.#applyBatch(batch);
      else if (!retry) await this.#sleepUntilNextRetry();
    }
  }

  #dueRetry(): QueuedDelivery | undefined {
    const now = performance.now();
    for (const { delivery, at } of this.#retries.values()) if (at <= now) return delivery;
    return undefined;
  }

  #nextBatch(): QueuedDelivery[] {
    if (this.#retries.size === 0) return this.#waiting.splice(0, this.#bounds.GROUP_BATCH);
    const batch: QueuedDelivery[] = [];
    const rest: QueuedDelivery[] = [];
    for (const delivery of this.#waiting) {
      const fits = batch.length < this.#bounds.GROUP_BATCH && !this.#retries.has(keyOf(delivery.event));
      (fits ? batch : rest).push(delivery);
    }
    this.#waiting = rest;
    return batch;
  }

  /** @returns whether there was an outage, after its back-off */
  async #applyBatch(batch: QueuedDelivery[], lockTimeoutMs = this.#bounds.EVENT_LOCK_TIMEOUT_MS): Promise<boolean> {
    for (const delivery of batch) delivery.canWait = false; // an event that fails or is deferred has waited already
    const deferred: QueuedDelivery[] = [];
    const outage = await this.#applyAroundFailures(batch, deferred, lockTimeoutMs);
    if (outage !== undefined) return this.#waitOutOutage(deferred, outage);
    this.#waiting.unshift(...deferred);
    return false;
  }

  /**
   * Applies a batch except the events that fail. The failed event is left out where it is known; otherwise it is searched
   * for by halves, or one by one where each half would wait for a lock again. Later events of a failed key are deferred.
   * @returns the outage that ended this early; the events that were not tried then are deferred
   */
  async #applyAroundFailures(
    batch: readonly QueuedDelivery[],
    deferred: QueuedDelivery[],
    lockTimeoutMs: number,
  ): Promise<unknown> {
    const ready = batch.filter((delivery) => this.#isReady(delivery));
    deferred.push(...batch.filter((delivery) => !ready.includes(delivery)));
    const [first] = ready;
    if (!first) return undefined;
    const error = await this.#attempt(ready, lockTimeoutMs);
    if (error === undefined) return undefined;
    if (this.#isOutage(error)) {
      deferred.push(...ready);
      return error;
    }
    const failedId = failedEventOf(error)?.eventId;
    const failed = ready.length === 1 ? first : ready.find(({ event }) => event.eventId === failedId);
    if (failed) await this.#handleFailure(failed, error);
    const rest = ready.filter((delivery) => delivery !== failed);
    const size = failed ? rest.length : this.#handler.isBusy(error) ? 1 : Math.ceil(rest.length / 2);
    let outage: unknown;
    for (let from = 0; from < rest.length; from += size) {
      const part = rest.slice(from, from + size);
      if (outage !== undefined) deferred.push(...part);
      else outage = await this.#applyAroundFailures(part, deferred, this.#bounds.EVENT_LOCK_RETRY_MS);
    }
    return outage;
  }

  /** Whether no earlier event of the same key waits for its next attempt. */
  #isReady(delivery: QueuedDelivery): boolean {
    const retry = this.#retries.get(keyOf(delivery.event));
    return !this.#stopped && (retry === undefined || retry.delivery === delivery);
  }

  #isOutage(error: unknown): boolean {
    return this.#handler.isOutage(error) && !this.#handler.isBusy(error);
  }

  /** @returns the error; undefined when all were applied and settled */
  async #attempt(batch: readonly QueuedDelivery[], lockTimeoutMs: number): Promise<unknown> {
    const events = batch.map(({ event }) => event);
    const attempt = 1 + Math.max(...batch.map(({ attempts }) => attempts));
    try {
      await this.#handler.apply(events, attempt, lockTimeoutMs);
      if (this.#handler.reachFailPoint) await this.#handler.reachFailPoint("before-ack", events);
    } catch (error) {
      return error ?? new Error("A consumer threw undefined or null.");
    }
    for (const delivery of batch) this.#settle(delivery);
    if (this.#handler.reachFailPoint) await this.#reachAfterAck(events);
    return undefined;
  }

  /** The events are settled, so a failure from here on is only logged. */
  async #reachAfterAck(events: readonly EventEnvelope[]): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve)); // the client sends acknowledgements at the end of a turn
    await this.#handler
      .reachFailPoint?.("after-ack", events)
      .catch((error: unknown) => this.#handler.onError(events[0], error, 0));
  }

  async #handleFailure(delivery: QueuedDelivery, error: unknown): Promise<void> {
    if (this.#handler.isBusy(error)) {
      if (delivery.lockedAttempts === 0) this.#handler.onError(delivery.event, error, delivery.attempts);
      this.#retryAfter(delivery, this.#backoffMs(delivery.lockedAttempts));
      delivery.lockedAttempts += 1;
      return;
    }
    delivery.attempts += 1;
    this.#handler.onError(delivery.event, error, delivery.attempts);
    if (delivery.attempts < this.#bounds.EVENT_ATTEMPTS) {
      this.#retryAfter(delivery, this.#backoffMs(delivery.attempts - 1));
      return;
    }
    try {
      await this.#handler.deadLetter(delivery.event, error, delivery.attempts);
    } catch (deadLetterError) {
      // Its key stays blocked, with one attempt left, until the database accepts the dead letter.
      delivery.attempts -= 1;
      this.#retryAfter(delivery, this.#bounds.EVENT_OUTAGE_BACKOFF_MS);
      this.#handler.onError(delivery.event, deadLetterError, delivery.attempts);
      return;
    }
    this.#settle(delivery);
  }

  #backoffMs(earlierAttempts: number): number {
    const { EVENT_BACKOFF_MS, EVENT_BACKOFF_CAP_MS } = this.#bounds;
    return Math.min(EVENT_BACKOFF_MS * 2 ** earlierAttempts, EVENT_BACKOFF_CAP_MS);
  }

  #retryAfter(delivery: QueuedDelivery, ms: number): void {
    this.#retries.set(keyOf(delivery.event), { delivery, at: performance.now() + ms });
  }

  async #waitOutOutage(deferred: QueuedDelivery[], error: unknown): Promise<true> {
    this.#handler.onError(undefined, error, 0);
    const notRetried = deferred.filter((delivery) => this.#retries.get(keyOf(delivery.event))?.delivery !== delivery);
    this.#waiting.unshift(...notRetried);
    await this.#sleep(this.#bounds.EVENT_OUTAGE_BACKOFF_MS, { untilPush: false });
    return true;
  }

  async #sleepUntilNextRetry(): Promise<void> {
    let at = Number.POSITIVE_INFINITY;
    for (const retry of this.#retries.values()) at = Math.min(at, retry.at);
    await this.#sleep(Math.max(1, at - performance.now()), { untilPush: true });
  }

  /** Ends early when the queue stops and, with `untilPush`, when an event arrives that can be applied. */
  #sleep(ms: number, { untilPush }: { untilPush: boolean }): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#wake = () => {
        if (untilPush || this.#stopped) wake();
      };
    });
  }

  #settle(delivery: QueuedDelivery): void {
    const retry = this.#retries.get(keyOf(delivery.event));
    if (retry?.delivery === delivery) this.#retries.delete(keyOf(delivery.event));
    delivery.settle();
  }
}

function keyOf(event: EventEnvelope): string {
  return `${event.topic}/${event.key}`;
}

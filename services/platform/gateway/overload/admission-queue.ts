import { gatewayLimits } from "../domain/limits.ts";
import type { AdaptiveConcurrencyLimiter } from "./adaptive-concurrency-limiter.ts";

/** How many requests may wait, for how long, and after which time without a burst they may wait again. */
export type AdmissionQueueBounds = Record<"QUEUE_LENGTH" | "QUEUE_WAIT_MS" | "QUEUE_RECOVERY_MS", number>;

interface QueuedRequest {
  isAborted(): boolean;
  resolve(admitted: boolean): void;
  timer: NodeJS.Timeout;
}

/**
 * Lets requests above the concurrency limit wait for a short time, first in, first out. Sixty requests that arrive in
 * the same moment are a burst and not an overload, because they can all be served within a second. A burst that lasts
 * longer than `QUEUE_WAIT_MS` is an overload: a queue would then only add latency, so requests above the limit are
 * refused at once until none has come for `QUEUE_RECOVERY_MS`.
 */
export class AdmissionQueue {
  readonly #limiter: AdaptiveConcurrencyLimiter;
  readonly #bounds: AdmissionQueueBounds;
  readonly #queued = new Set<QueuedRequest>();
  #burstStartedAt = Number.NEGATIVE_INFINITY;
  #lastExcessAt = Number.NEGATIVE_INFINITY; // when a request last arrived above the limit

  constructor(limiter: AdaptiveConcurrencyLimiter, bounds: AdmissionQueueBounds = gatewayLimits) {
    this.#limiter = limiter;
    this.#bounds = bounds;
  }

  get length(): number {
    return this.#queued.size;
  }

  /**
   * @param isAborted whether the client has disconnected: then its request does not start
   * @returns whether the request may start, or a promise of that; if it may, the caller must `release` later
   */
  acquire(isAborted = () => false): boolean | Promise<boolean> {
    if (this.#queued.size === 0 && this.#limiter.tryAcquire()) return true;
    if (this.refuses()) return false;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#dequeue(queued, false), this.#bounds.QUEUE_WAIT_MS);
      const queued: QueuedRequest = { isAborted, resolve, timer };
      this.#queued.add(queued);
    });
  }

  /**
   * For what is not worth waiting for. It takes no more than half of the limit, so that a rush for it takes no place of others.
   * @returns whether the request may start; if it may, the caller must `release` later
   */
  acquireSpare(): boolean {
    return this.#queued.size === 0 && this.#limiter.inFlight < this.#limiter.limit / 2 && this.#limiter.tryAcquire();
  }

  /** Whether a request that arrives now would be refused at once. It counts as a request above the limit if it would not start at once. */
  refuses(): boolean {
    if (this.#queued.size === 0 && this.#limiter.hasRoom) return false;
    const { QUEUE_LENGTH, QUEUE_WAIT_MS, QUEUE_RECOVERY_MS } = this.#bounds;
    const now = performance.now();
    if (now - this.#lastExcessAt > QUEUE_RECOVERY_MS) this.#burstStartedAt = now;
    this.#lastExcessAt = now;
    const isOverload = now - this.#burstStartedAt > QUEUE_WAIT_MS;
    return isOverload || this.#queued.size >= QUEUE_LENGTH;
  }

  /** @param latencyMs absent when the request failed, because the time until a failure says nothing about load */
  release(latencyMs?: number): void {
    this.#limiter.release(latencyMs);
    this.#admitQueued();
  }

  /** Sets the limit by what was measured since the last adjustment. */
  adjust(eventLoopDelayMs: number): void {
    this.#limiter.adjust(eventLoopDelayMs);
    this.#admitQueued();
  }

  #admitQueued(): void {
    for (const queued of this.#queued) {
      if (queued.isAborted()) this.#dequeue(queued, false);
      else if (this.#limiter.tryAcquire()) this.#dequeue(queued, true);
      else return;
    }
  }

  #dequeue(queued: QueuedRequest, admitted: boolean): void {
    clearTimeout(queued.timer);
    this.#queued.delete(queued);
    queued.resolve(admitted);
  }
}

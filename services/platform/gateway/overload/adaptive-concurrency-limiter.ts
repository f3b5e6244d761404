import { gatewayLimits } from "../domain/limits.ts";

/** The bounds and targets of the limit. */
export type ConcurrencyBounds = Record<
  "MIN_CONCURRENCY" | "INITIAL_CONCURRENCY" | "MAX_CONCURRENCY" | "TARGET_LATENCY_MS" | "TARGET_EVENT_LOOP_DELAY_MS",
  number
>;

const MIN_UTILISATION = 0.5; // share of the limit that must have been in use; otherwise the limit is not adjusted
const MAX_INCREASE = 1.1; // factor of one adjustment
const MAX_DECREASE = 0.7;

/**
 * Limits how many requests are processed at once. The right number cannot be configured: it depends on the machine, on
 * other processes there, and on the kind of requests. But when too many requests run at once, each of them takes longer.
 * So the limit follows the measured latency, and requests above it are refused before they have cost anything.
 *
 * The limit only changes while it is used. When few requests arrive, slow ones (which wait for a lock, or for a slow
 * provider) say nothing about overload.
 */
export class AdaptiveConcurrencyLimiter {
  readonly #bounds: ConcurrencyBounds;
  #limit: number;
  #inFlight = 0;
  #peakInFlight = 0; // since the last adjustment
  #latenciesMs: number[] = []; // since the last adjustment

  constructor(bounds: ConcurrencyBounds = gatewayLimits) {
    this.#bounds = bounds;
    this.#limit = bounds.INITIAL_CONCURRENCY;
  }

  get limit(): number {
    return Math.floor(this.#limit);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get hasRoom(): boolean {
    return this.#inFlight < this.limit;
  }

  /** @returns whether a request may start; if it may, the caller must `release` later */
  tryAcquire(): boolean {
    if (!this.hasRoom) return false;
    this.#inFlight += 1;
    this.#peakInFlight = Math.max(this.#peakInFlight, this.#inFlight);
    return true;
  }

  /** @param latencyMs absent when the request failed, because the time until a failure says nothing about load */
  release(latencyMs?: number): void {
    this.#inFlight -= 1;
    if (latencyMs !== undefined) this.#latenciesMs.push(latencyMs);
  }

  /** Sets the limit by what was measured since the last adjustment. */
  adjust(eventLoopDelayMs: number): void {
    const isUtilised = this.#peakInFlight >= this.#limit * MIN_UTILISATION;
    const latenciesMs = this.#latenciesMs.sort((a, b) => a - b);
    this.#latenciesMs = [];
    this.#peakInFlight = this.#inFlight;
    // The lower quartile, because overload slows down all requests, but a locked row only those that need it.
    const typicalMs = latenciesMs[Math.floor(latenciesMs.length / 4)];
    if (!isUtilised || typicalMs === undefined) return;
    const { MIN_CONCURRENCY, MAX_CONCURRENCY, TARGET_LATENCY_MS, TARGET_EVENT_LOOP_DELAY_MS } = this.#bounds;
    const headroom = Math.min(TARGET_LATENCY_MS / typicalMs, TARGET_EVENT_LOOP_DELAY_MS / eventLoopDelayMs);
    this.#limit = clamp(MIN_CONCURRENCY, this.#limit * clamp(MAX_DECREASE, headroom, MAX_INCREASE), MAX_CONCURRENCY);
  }
}

function clamp(min: number, value: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

import { gatewayLimits } from "./limits.ts";

/** What the limit is found by. */
export type ConcurrencyBounds = Record<
  "WORK_MIN" | "WORK_START" | "WORK_MAX" | "WORK_TARGET_MS" | "LOOP_TARGET_MS",
  number
>;

const IN_FORCE = 0.5; // share of the limit that must have been taken for it to count as tried
const GROW = 1.1; // at most, from one look to the next
const SHRINK = 0.7;

/**
 * How many requests are worked on at once. Nobody can know that number beforehand: it depends on the machine, on what
 * else runs there and on what is asked. But where too many are worked on, each of them takes longer; so the limit
 * follows the time they take, and what is above it is refused before it has cost anything. A limit that is not in force
 * teaches nothing: as long as few requests come, slow ones (a lock, a slow provider) do not lower it.
 */
export class AdaptiveConcurrencyLimiter {
  readonly #bounds: ConcurrencyBounds;
  #limit: number;
  #inFlight = 0;
  #mostInFlight = 0;
  #took: number[] = [];

  constructor(bounds: ConcurrencyBounds = gatewayLimits) {
    this.#bounds = bounds;
    this.#limit = bounds.WORK_START;
  }

  get limit(): number {
    return Math.floor(this.#limit);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** @returns whether a request may begin; if so, `leave` follows */
  enter(): boolean {
    if (this.#inFlight >= this.limit) return false;
    this.#inFlight += 1;
    this.#mostInFlight = Math.max(this.#mostInFlight, this.#inFlight);
    return true;
  }

  /** @param tookMs absent when it failed, however soon: that says nothing about load */
  leave(tookMs?: number): void {
    this.#inFlight -= 1;
    if (tookMs !== undefined) this.#took.push(tookMs);
  }

  /** Learns from what happened since the last look. @param loopDelayMs how late this process was with everything */
  adjust(loopDelayMs: number): void {
    const inForce = this.#mostInFlight >= this.#limit * IN_FORCE;
    const took = this.#took.sort((a, b) => a - b);
    this.#took = [];
    this.#mostInFlight = this.#inFlight;
    // The quicker half: overload slows everything down, a locked row only those that need it.
    const typicalMs = took[Math.floor(took.length / 4)];
    if (!inForce || typicalMs === undefined) return;
    const { WORK_MIN, WORK_MAX, WORK_TARGET_MS, LOOP_TARGET_MS } = this.#bounds;
    const room = Math.min(WORK_TARGET_MS / typicalMs, LOOP_TARGET_MS / loopDelayMs);
    this.#limit = within(WORK_MIN, this.#limit * within(SHRINK, room, GROW), WORK_MAX);
  }
}

function within(least: number, value: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

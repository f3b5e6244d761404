import type { AdaptiveConcurrencyLimiter } from "./adaptive-concurrency-limiter.ts";
import { gatewayLimits } from "./limits.ts";

/** How many may wait, for how long, and how often there may be a crowd. */
export type AdmissionQueueBounds = Record<"CROWD_WAITING" | "CROWD_MS" | "CROWD_CALM_MS", number>;

interface Waiting {
  isGone(): boolean;
  resolve(admitted: boolean): void;
  timer: NodeJS.Timeout;
}

/**
 * Where a crowd waits: sixty who press the button at once are no overload, only early. So those above the limit wait for
 * a moment, in their order. A crowd that does not end is an overload: from then on nobody waits, everybody is refused
 * at once, until it has been calm for a while.
 */
export class AdmissionQueue {
  readonly #admission: AdaptiveConcurrencyLimiter;
  readonly #bounds: AdmissionQueueBounds;
  readonly #waiting = new Set<Waiting>();
  /** When the crowd came, and when it was last seen. */
  #crowdSince = Number.NEGATIVE_INFINITY;
  #crowdAt = Number.NEGATIVE_INFINITY;

  constructor(admission: AdaptiveConcurrencyLimiter, bounds: AdmissionQueueBounds = gatewayLimits) {
    this.#admission = admission;
    this.#bounds = bounds;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * @param isGone whether whoever asks has left meanwhile: then it does not begin
   * @returns whether a request may begin, or a promise of it; if so, `leave` follows
   */
  enter(isGone = () => false): boolean | Promise<boolean> {
    if (this.#waiting.size === 0 && this.#admission.enter()) return true;
    const now = performance.now();
    if (now - this.#crowdAt > this.#bounds.CROWD_CALM_MS) this.#crowdSince = now;
    this.#crowdAt = now;
    if (now - this.#crowdSince > this.#bounds.CROWD_MS || this.#waiting.size >= this.#bounds.CROWD_WAITING)
      return false;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#end(waiting, false), this.#bounds.CROWD_MS);
      const waiting: Waiting = { isGone, resolve, timer };
      this.#waiting.add(waiting);
    });
  }

  /** @param tookMs absent when it failed, however soon: that says nothing about load */
  leave(tookMs?: number): void {
    this.#admission.leave(tookMs);
    this.#letIn();
  }

  /** Learns from what happened since the last look. @param loopDelayMs how late this process was with everything */
  adjust(loopDelayMs: number): void {
    this.#admission.adjust(loopDelayMs);
    this.#letIn();
  }

  #letIn(): void {
    for (const waiting of this.#waiting) {
      if (waiting.isGone()) this.#end(waiting, false);
      else if (this.#admission.enter()) this.#end(waiting, true);
      else return;
    }
  }

  #end(waiting: Waiting, admitted: boolean): void {
    clearTimeout(waiting.timer);
    this.#waiting.delete(waiting);
    waiting.resolve(admitted);
  }
}

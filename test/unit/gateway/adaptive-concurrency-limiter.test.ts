import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  AdaptiveConcurrencyLimiter,
  type ConcurrencyBounds,
} from "#services/platform/gateway/overload/adaptive-concurrency-limiter.ts";

const BOUNDS: ConcurrencyBounds = {
  INITIAL_CONCURRENCY: 50,
  MIN_CONCURRENCY: 10,
  MAX_CONCURRENCY: 1_000,
  TARGET_LATENCY_MS: 300,
  TARGET_EVENT_LOOP_DELAY_MS: 50,
};
const TICK_MS = 10;
const ADJUSTMENT_MS = 200;

/** A shop that completes `perSecond` requests each second, oldest first, and none of them within less than 20 ms. */
class SimulatedShop {
  readonly limiter = new AdaptiveConcurrencyLimiter(BOUNDS);
  perSecond: number;
  #now = 0;
  #credit = 0;
  #inProgress: number[] = [];

  constructor(perSecond: number) {
    this.perSecond = perSecond;
  }

  /** @returns how many requests were completed and refused in this time, and the latency of the slowest */
  run(seconds: number, arrivalsPerSecond: number): { completed: number; refused: number; slowestMs: number } {
    const result = { completed: 0, refused: 0, slowestMs: 0 };
    let arrivals = 0;
    for (const end = this.#now + seconds * 1_000; this.#now < end; this.#now += TICK_MS) {
      for (arrivals += (arrivalsPerSecond * TICK_MS) / 1_000; arrivals >= 1; arrivals -= 1) {
        if (this.limiter.tryAcquire()) this.#inProgress.push(this.#now);
        else result.refused += 1;
      }
      this.#credit = Math.min(this.#credit + (this.perSecond * TICK_MS) / 1_000, this.perSecond);
      while (this.#credit >= 1 && (this.#inProgress[0] ?? Number.POSITIVE_INFINITY) <= this.#now - 20) {
        const latencyMs = this.#now - (this.#inProgress.shift() ?? 0);
        this.#credit -= 1;
        this.limiter.release(latencyMs);
        result.completed += 1;
        result.slowestMs = Math.max(result.slowestMs, latencyMs);
      }
      if (this.#inProgress.length === 0) this.#credit = 0;
      if (this.#now % ADJUSTMENT_MS === 0) this.limiter.adjust(0);
    }
    return result;
  }
}

describe("the adaptive concurrency limiter", () => {
  test("keeps the throughput of a shop of any speed and bounds the latency under ten times the load it can serve", () => {
    const speed = fc.integer({ min: 100, max: 2_000 });
    fc.assert(
      fc.property(speed, (perSecond) => {
        const shop = new SimulatedShop(perSecond);
        shop.run(10, perSecond * 10); // until the limit has adapted
        const { completed, slowestMs } = shop.run(20, perSecond * 10);
        expect(completed / 20).toBeGreaterThan(perSecond * 0.95);
        expect(slowestMs).toBeLessThan(BOUNDS.TARGET_LATENCY_MS * 2);
      }),
      { numRuns: 20 },
    );
  });

  test("adapts within seconds when the shop becomes slower and when it becomes faster again", () => {
    const shop = new SimulatedShop(1_000);
    shop.run(10, 5_000);
    shop.perSecond = 100;
    shop.run(5, 5_000);
    expect(shop.run(5, 5_000).slowestMs).toBeLessThan(BOUNDS.TARGET_LATENCY_MS * 2);
    shop.perSecond = 1_000;
    shop.run(10, 5_000);
    expect(shop.run(5, 5_000).completed).toBeGreaterThan(4_500);
    expect(shop.run(5, 500).refused).toBe(0);
  });

  test("does not lower the limit for a few slow requests, for example ones that wait for a locked row", () => {
    const limiter = new AdaptiveConcurrencyLimiter(BOUNDS);
    for (let adjustment = 0; adjustment < 50; adjustment++) {
      for (let i = 0; i < 5; i++) expect(limiter.tryAcquire()).toBe(true);
      for (let i = 0; i < 5; i++) limiter.release(1_200);
      limiter.adjust(0);
    }
    expect(limiter.limit).toBe(BOUNDS.INITIAL_CONCURRENCY);
  });

  test("does not lower the limit for slow requests among many fast ones, and ignores failures", () => {
    const limiter = new AdaptiveConcurrencyLimiter(BOUNDS);
    const runWith = (latenciesMs: (number | undefined)[]) => {
      const started = latenciesMs.filter(() => limiter.tryAcquire());
      for (const [i] of started.entries()) limiter.release(latenciesMs[i]);
      limiter.adjust(0);
    };
    runWith([...Array<number>(20).fill(1_200), ...Array<number>(30).fill(5)]);
    expect(limiter.limit).toBeGreaterThan(BOUNDS.INITIAL_CONCURRENCY);
    const before = limiter.limit;
    runWith(Array<undefined>(50).fill(undefined));
    expect(limiter.limit).toBe(before);
  });

  test("lowers the limit to its minimum while the event loop is late, so that it can still measure a recovery", () => {
    const limiter = new AdaptiveConcurrencyLimiter(BOUNDS);
    for (let adjustment = 0; adjustment < 50; adjustment++) {
      for (let i = 0; i < BOUNDS.MIN_CONCURRENCY; i++) limiter.tryAcquire();
      for (let i = 0; i < BOUNDS.MIN_CONCURRENCY; i++) limiter.release(10);
      while (limiter.limit > BOUNDS.MIN_CONCURRENCY && limiter.tryAcquire());
      while (limiter.inFlight > 0) limiter.release(10);
      limiter.adjust(500);
    }
    expect(limiter.limit).toBe(BOUNDS.MIN_CONCURRENCY);
    expect(limiter.tryAcquire()).toBe(true);
  });
});

import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  AdaptiveConcurrencyLimiter,
  type ConcurrencyBounds,
} from "#services/platform/gateway/adaptive-concurrency-limiter.ts";

const BOUNDS: ConcurrencyBounds = {
  WORK_START: 50,
  WORK_MIN: 10,
  WORK_MAX: 1_000,
  WORK_TARGET_MS: 300,
  LOOP_TARGET_MS: 50,
};
const TICK_MS = 10;
const LOOK_MS = 200;

/** A shop that finishes so many requests a second, the oldest first, and never one sooner than 20 ms. */
class SimulatedShop {
  readonly admission = new AdaptiveConcurrencyLimiter(BOUNDS);
  perSecond: number;
  #now = 0;
  #credit = 0;
  #working: number[] = [];

  constructor(perSecond: number) {
    this.perSecond = perSecond;
  }

  /** @returns what was finished, refused and how long the slowest took, in so many seconds of so many arrivals */
  run(seconds: number, arrivalsPerSecond: number): { finished: number; refused: number; slowestMs: number } {
    const seen = { finished: 0, refused: 0, slowestMs: 0 };
    let arrivals = 0;
    for (const end = this.#now + seconds * 1_000; this.#now < end; this.#now += TICK_MS) {
      for (arrivals += (arrivalsPerSecond * TICK_MS) / 1_000; arrivals >= 1; arrivals -= 1) {
        if (this.admission.enter()) this.#working.push(this.#now);
        else seen.refused += 1;
      }
      this.#credit = Math.min(this.#credit + (this.perSecond * TICK_MS) / 1_000, this.perSecond);
      while (this.#credit >= 1 && (this.#working[0] ?? Number.POSITIVE_INFINITY) <= this.#now - 20) {
        const took = this.#now - (this.#working.shift() ?? 0);
        this.#credit -= 1;
        this.admission.leave(took);
        seen.finished += 1;
        seen.slowestMs = Math.max(seen.slowestMs, took);
      }
      if (this.#working.length === 0) this.#credit = 0;
      if (this.#now % LOOK_MS === 0) this.admission.adjust(0);
    }
    return seen;
  }
}

describe("admission", () => {
  test("under ten times the load, a shop of any speed goes on at its best, and nobody waits long", () => {
    const speed = fc.integer({ min: 100, max: 2_000 });
    fc.assert(
      fc.property(speed, (perSecond) => {
        const shop = new SimulatedShop(perSecond);
        shop.run(10, perSecond * 10); // finds the limit
        const { finished, slowestMs } = shop.run(20, perSecond * 10);
        expect(finished / 20).toBeGreaterThan(perSecond * 0.95);
        expect(slowestMs).toBeLessThan(BOUNDS.WORK_TARGET_MS * 2);
      }),
      { numRuns: 20 },
    );
  });

  test("a shop that becomes slower takes less, and one that becomes quicker again takes more, in seconds", () => {
    const shop = new SimulatedShop(1_000);
    shop.run(10, 5_000);
    shop.perSecond = 100;
    shop.run(5, 5_000);
    expect(shop.run(5, 5_000).slowestMs).toBeLessThan(BOUNDS.WORK_TARGET_MS * 2);
    shop.perSecond = 1_000;
    shop.run(10, 5_000);
    expect(shop.run(5, 5_000).finished).toBeGreaterThan(4_500);
    expect(shop.run(5, 500).refused).toBe(0);
  });

  test("a few slow requests, such as those that wait for a locked row, do not keep others out", () => {
    const admission = new AdaptiveConcurrencyLimiter(BOUNDS);
    for (let look = 0; look < 50; look++) {
      for (let i = 0; i < 5; i++) expect(admission.enter()).toBe(true);
      for (let i = 0; i < 5; i++) admission.leave(1_200);
      admission.adjust(0);
    }
    expect(admission.limit).toBe(BOUNDS.WORK_START);
  });

  test("slow ones among many quick ones do not either, and failures teach nothing", () => {
    const admission = new AdaptiveConcurrencyLimiter(BOUNDS);
    const look = (took: (number | undefined)[]) => {
      const entered = took.filter(() => admission.enter());
      for (const [i] of entered.entries()) admission.leave(took[i]);
      admission.adjust(0);
    };
    look([...Array<number>(20).fill(1_200), ...Array<number>(30).fill(5)]);
    expect(admission.limit).toBeGreaterThan(BOUNDS.WORK_START);
    const before = admission.limit;
    look(Array<undefined>(50).fill(undefined));
    expect(admission.limit).toBe(before);
  });

  test("a process that is late with everything takes less, but never too little to find out that it is well again", () => {
    const admission = new AdaptiveConcurrencyLimiter(BOUNDS);
    for (let look = 0; look < 50; look++) {
      for (let i = 0; i < BOUNDS.WORK_MIN; i++) admission.enter();
      for (let i = 0; i < BOUNDS.WORK_MIN; i++) admission.leave(10);
      while (admission.limit > BOUNDS.WORK_MIN && admission.enter());
      while (admission.inFlight > 0) admission.leave(10);
      admission.adjust(500);
    }
    expect(admission.limit).toBe(BOUNDS.WORK_MIN);
    expect(admission.enter()).toBe(true);
  });
});

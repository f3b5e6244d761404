import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { authLimits } from "#services/identity/auth/domain/limits.ts";
import {
  allowedAt,
  type Counter,
  counted,
  judgeLogin,
  judgeRegistration,
  NOTHING,
  rules,
} from "#services/identity/auth/domain/throttle.ts";

const { ACCOUNT_FORGET_SECONDS, COUNTER_HOURS, HASHES_AT_ONCE, PAIR_FREE_FAILURES, THROTTLE_FIRST_WAIT_SECONDS } =
  authLimits;
const HOUR_MS = 3_600_000;
const rule = fc.constantFrom(...Object.values(rules));
const pauses = fc.array(fc.integer({ min: 0, max: 1_200_000 }), { maxLength: 60 });

/** Tries after each pause, and whenever it may. @returns the times of the attempts that were allowed, and the counter */
function tryAfter(pauses: readonly number[], one: (typeof rules)[keyof typeof rules]) {
  let counter: Counter = NOTHING;
  let now = 1_000_000;
  const allowed: number[] = [];
  for (const pause of pauses) {
    now += pause;
    if (allowedAt(counter, one, counter.lastAt) > now) continue;
    allowed.push(now);
    counter = counted(counter, one, now);
  }
  return { counter, allowed, now };
}

test("the free attempts are allowed at once, and the next one after the first wait", () => {
  for (const one of Object.values(rules)) {
    const { allowed, counter, now } = tryAfter(Array(one.free + 20).fill(0), one);
    expect(allowed).toHaveLength(one.free);
    expect(allowedAt(counter, one, counter.lastAt) - now).toBe(THROTTLE_FIRST_WAIT_SECONDS * 1_000);
  }
});

test("in every period, however attempts are timed, no more are allowed than the free ones, those that are forgotten in it, and the short first waits", () => {
  fc.assert(
    fc.property(rule, pauses, (one, waits) => {
      const { allowed } = tryAfter(waits, one);
      const shortWaits = Math.ceil(Math.log2(one.forget / THROTTLE_FIRST_WAIT_SECONDS));
      allowed.forEach((from, first) => {
        allowed.slice(first).forEach((to, more) => {
          const forgotten = Math.floor((to - from) / (one.forget * 1_000)) + 1;
          expect(more + 1).toBeLessThanOrEqual(one.free + shortWaits + forgotten + 1);
        });
      });
    }),
  );
});

test("an attacker who tries as soon as possible for an hour has the number of attempts that the bounds say", () => {
  const inAnHour = (one: (typeof rules)[keyof typeof rules]) => {
    let counter: Counter = NOTHING;
    let attempts = 0;
    for (let now = 0; now <= HOUR_MS; now += 1_000) {
      while (allowedAt(counter, one, counter.lastAt) <= now) {
        counter = counted(counter, one, now);
        attempts++;
      }
    }
    return attempts;
  };
  expect({ pair: inAnHour(rules.pair), address: inAnHour(rules.address) }).toEqual({ pair: 16, address: 52 });
});

test("no wait is longer than the time in which one attempt is forgotten, and waiting as long as told is enough", () => {
  fc.assert(
    fc.property(rule, pauses, (one, waits) => {
      const { counter, now } = tryAfter(waits, one);
      const at = allowedAt(counter, one, counter.lastAt);
      expect(at - now).toBeLessThanOrEqual(one.forget * 1_000);
      if (at > now) expect(allowedAt(counter, one, counter.lastAt)).toBeLessThanOrEqual(at);
    }),
  );
});

test("every count has fallen to 0 after COUNTER_HOURS", () => {
  fc.assert(
    fc.property(rule, pauses, (one, waits) => {
      const { counter, now } = tryAfter(waits, one);
      const later = now + COUNTER_HOURS * HOUR_MS;
      expect(counted(counter, one, later)).toEqual({ count: 1, countedAt: later, lastAt: later });
      expect(later - counter.countedAt).toBeGreaterThanOrEqual(counter.count * one.forget * 1_000);
    }),
  );
});

const counter = fc.record({
  count: fc.integer({ min: 0, max: 15 }),
  countedAt: fc.integer({ min: 0, max: 1_000_000 }),
  lastAt: fc.option(fc.integer({ min: 0, max: 1_000_000 }), { nil: undefined }),
});

test("the failures of an account do not matter for an address that it knows, and delay a new one by a bounded time", () => {
  fc.assert(
    fc.property(counter, fc.integer({ min: 1_000_000, max: 2_000_000 }), (account, now) => {
      expect(judgeLogin({ pair: NOTHING, address: NOTHING, account }, true, now).retryAfterMs).toBe(0);
      const first = judgeLogin({ pair: NOTHING, address: NOTHING, account }, false, now);
      expect(first.retryAfterMs).toBeLessThanOrEqual(ACCOUNT_FORGET_SECONDS * 1_000);
      // Others go on all the time, so that the account's count stays as high as it can be.
      const later = now + ACCOUNT_FORGET_SECONDS * 1_000;
      const hot = { count: 99, countedAt: later, lastAt: later };
      expect(first.retryAfterMs === 0 || first.waits === "pair").toBe(true);
      const pair = { count: 0, countedAt: now, lastAt: now };
      expect(judgeLogin({ pair, address: NOTHING, account: hot }, false, later).retryAfterMs).toBe(0);
    }),
  );
});

test("a refused attempt counts nothing, and its wait begins only once", () => {
  fc.assert(
    fc.property(
      fc.record({ pair: counter, address: counter, account: counter }),
      fc.boolean(),
      fc.integer({ min: 1_000_000, max: 1_500_000 }),
      (counters, known, now) => {
        const { retryAfterMs, after, waits } = judgeLogin(counters, known, now);
        expect(after === undefined).toBe(retryAfterMs > 0);
        if (waits === undefined) return;
        const waiting = { ...counters, pair: { ...counters.pair, lastAt: now } };
        expect(judgeLogin(waiting, known, now + 1).waits).toBeUndefined();
      },
    ),
  );
});

test("registrations are counted by address only", () => {
  let address: Counter = NOTHING;
  let made = 0;
  for (; judgeRegistration({ address }, 0).retryAfterMs === 0; made++)
    address = counted(address, rules.registrations, 0);
  expect(made).toBe(authLimits.FREE_REGISTRATIONS);
});

test("logins that are checked at the same moment cannot use up the free failures of their account and address", () => {
  expect(HASHES_AT_ONCE).toBeLessThan(PAIR_FREE_FAILURES);
});

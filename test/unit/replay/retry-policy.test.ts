import { expect, test } from "@jest/globals";
import { RetryPolicy } from "#tools/replay/retry-policy.ts";

test("waits longer from attempt to attempt while there is no answer, and not beyond its bound", () => {
  const retryPolicy = new RetryPolicy(10_000, 0);
  const delays = [0, 100, 300, 700, 1_500, 3_100, 5_100].map((now) => retryPolicy.delayAfter("noAnswer", now));
  expect(delays).toEqual([100, 200, 400, 800, 1_600, 2_000, 2_000]);
  expect(retryPolicy.delayAfter("noAnswer", 9_000)).toBeUndefined();
});

test("waits as long as the shop asks for, within reason", () => {
  const retryPolicy = new RetryPolicy(10_000, 0);
  expect(retryPolicy.delayAfter({ status: 429, retryAfter: "7" }, 0)).toBe(7_000);
  expect(retryPolicy.delayAfter({ status: 429, retryAfter: "9999" }, 0)).toBe(60_000);
  expect(retryPolicy.delayAfter({ status: 503, retryAfter: "1" }, 0)).toBe(1_000);
  expect(retryPolicy.delayAfter({ status: 503, retryAfter: "60" }, 0)).toBeUndefined();
});

test("waits for an earlier request with the same key", () => {
  expect(new RetryPolicy(1, 0).delayAfter({ status: 409, code: "IDEMPOTENCY_IN_PROGRESS" }, 0)).toBe(100);
});

test("does not insist on an error of the shop", () => {
  const retryPolicy = new RetryPolicy(10_000, 0);
  expect([1, 2, 3].map((now) => retryPolicy.delayAfter({ status: 500 }, now))).toEqual([100, 200, undefined]);
});

test.each([200, 400, 401, 403, 404, 409, 422])("takes %i for an answer", (status) => {
  expect(new RetryPolicy(10_000, 0).delayAfter({ status, code: "OUT_OF_STOCK" }, 0)).toBeUndefined();
});

import { expect, test } from "@jest/globals";
import { backoffMs } from "#lib/work-queue/backoff.ts";

const bounds = { firstMs: 100, capMs: 1_000 };

test("the pause before an attempt doubles, up to a cap", () => {
  expect([1, 2, 3, 4, 5, 2_000].map((attempts) => backoffMs(attempts, bounds, () => 1))).toEqual([
    100, 200, 400, 800, 1_000, 1_000,
  ]);
});

test("attempts that failed together are not made again together, and none is a quarter too early", () => {
  expect(backoffMs(2, bounds, () => 0)).toBe(150);
  const pauses = Array.from({ length: 100 }, () => backoffMs(2, bounds));
  expect(new Set(pauses).size).toBeGreaterThan(50);
  for (const pause of pauses) expect(pause).toBeGreaterThanOrEqual(150);
  for (const pause of pauses) expect(pause).toBeLessThanOrEqual(200);
});

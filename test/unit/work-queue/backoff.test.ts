import { expect, test } from "@jest/globals";
import { backoffMs } from "#lib/work-queue/backoff.ts";

test("the pause before an attempt doubles, up to a cap", () => {
  const bounds = { firstMs: 100, capMs: 1_000 };
  expect([1, 2, 3, 4, 5, 2_000].map((attempts) => backoffMs(attempts, bounds))).toEqual([
    100, 200, 400, 800, 1_000, 1_000,
  ]);
});

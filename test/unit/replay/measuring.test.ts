import { expect, test } from "@jest/globals";
import { percentile, percentiles } from "#tools/replay/percentiles.ts";

test("percentiles are values that occurred (nearest rank)", () => {
  const sorted = Array.from({ length: 100 }, (_, at) => at + 1);
  expect([1, 50, 95, 99, 100].map((percent) => percentile(sorted, percent))).toEqual([1, 50, 95, 99, 100]);
  expect(percentile([5, 9], 50)).toBe(5);
  expect(percentile([5, 9], 51)).toBe(9);
  expect(percentile([], 50)).toBe(0);
});

test("percentiles take durations in any order and round to a hundredth", () => {
  expect(percentiles([30, 10.126, 20])).toEqual({ p50Ms: 20, p95Ms: 30, p99Ms: 30 });
  expect(percentiles([10.126])).toEqual({ p50Ms: 10.13, p95Ms: 10.13, p99Ms: 10.13 });
});

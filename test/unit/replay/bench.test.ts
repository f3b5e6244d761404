import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { figureOf, markdownTable, median } from "#bench/figures.ts";
import { parseOptions, UsageError } from "#bench/options.ts";
import { hottest } from "#bench/profile.ts";
import { runWindow } from "#bench/window.ts";

test.each([
  [[], 0],
  [[5], 5],
  [[9, 1, 5], 5],
  [[4, 1, 3, 2], 2.5],
])("the median of %j is %d", (values, middle) => {
  expect(median(values)).toBe(middle);
});

test("a figure is the median of its windows beside the median of its limit", () => {
  const window = (done: number) => ({ done, seconds: 2, durationsMs: [done], cpuSeconds: 1 });
  const what = { name: "orders", unit: "orders", clients: 1, limit: "commits" };
  expect(figureOf(what, [10, 30, 20].map(window), [400, 200, 300].map(window))).toEqual({
    name: "orders",
    unit: "orders",
    clients: 1,
    perSecond: 10,
    windows: [5, 15, 10],
    p50Ms: 20,
    p95Ms: 30,
    p99Ms: 30,
    limit: { name: "commits", perSecond: 150, windows: [200, 100, 150] },
    ratio: 0.0667,
    loadCores: 0.5,
  });
});

test("columns of numbers are on the right", () => {
  expect(
    markdownTable(
      ["what", "n"],
      [
        ["orders", 1234.5],
        ["a", 1],
      ],
    ),
  ).toBe(["| what   |       n |", "| ------ | ------: |", "| orders | 1,234.5 |", "| a      |       1 |"].join("\n"));
});

test("the hottest functions are those with the most time of their own, idle time aside", () => {
  const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 9 });
  const nodes = [
    { id: 1, callFrame: frame("(idle)", "") },
    { id: 2, callFrame: frame("parse", "file:///shop/services/a.ts") },
    { id: 3, callFrame: frame("", "file:///shop/node_modules/pg/lib/b.js") },
    { id: 4, callFrame: frame("parse", "file:///shop/services/a.ts") }, // the same, called from elsewhere
  ];
  const profile = { nodes, samples: [1, 2, 3, 4], timeDeltas: [900, 10, 30, 60] };
  expect(hottest(profile, 5, "file:///shop/")).toEqual([
    { name: "parse", where: "services/a.ts:10", selfPercent: 70 },
    { name: "(anonymous)", where: "pg/lib/b.js:10", selfPercent: 30 },
  ]);
  expect(hottest(profile, 1, "file:///shop/")).toHaveLength(1);
});

test("a window counts units, finishes what is under way and forgives a few failures", async () => {
  let calls = 0;
  const window = await runWindow(2, 0.05, async () => {
    calls += 1;
    await sleep(10);
    if (calls === 3) throw new Error("once");
    return 5;
  });
  expect(window.done).toBe((calls - 1) * 5);
  expect(window.durationsMs).toHaveLength(calls - 1);
  expect(window.seconds).toBeGreaterThanOrEqual(0.05);
});

test("a window in which nothing works says why", async () => {
  const fail = async () => {
    throw new Error("the shop says no");
  };
  await expect(runWindow(2, 5, fail)).rejects.toThrow("the shop says no");
});

test("options", () => {
  expect(parseOptions(["--seconds", "2", "--url", "http://shop/"])).toMatchObject({ seconds: 2, url: "http://shop" });
  for (const wrong of [["x"], ["--seconds", "0"], ["--url", "shop"], ["--url", "http://shop", "--profile"]]) {
    expect(() => parseOptions(wrong)).toThrow(UsageError);
  }
});

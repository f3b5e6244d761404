import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { figureOf, markdownTable, median } from "#bench/figures.ts";
import { parseOptions, UsageError } from "#bench/options.ts";
import { costPerOrder } from "#bench/order-cost.ts";
import { parseStat } from "#bench/processes.ts";
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
    const call = calls;
    await sleep(10);
    if (call === 2) throw new Error("once"); // there are two, however slow the machine is
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

const counters = (atMs: number, orders: number, nodeCpuMs: number) => {
  const cost = { statements: orders, transactions: orders, rows: orders, walBytes: orders, postgresCpuMs: orders };
  const unused = { statements: 0, transactions: 0, rows: 0, walBytes: 0, postgresCpuMs: 0 };
  return { atMs, services: new Map([["orders", cost] as const, ["users", unused] as const]), nodeCpuMs };
};

test("an order costs what was used meanwhile, without what an idle shop uses", () => {
  const idle = { before: counters(0, 0, 0), after: counters(1_000, 10, 100) };
  const busy = { before: counters(2_000, 20, 200), after: counters(4_000, 440, 1_400) };
  expect(costPerOrder(idle, busy, 10)).toEqual({
    services: new Map([["orders", { statements: 40, transactions: 40, rows: 40, walBytes: 40, postgresCpuMs: 40 }]]),
    nodeCpuMs: 100,
  });
});

test("reads the CPU time of a process whose command has spaces and parentheses", () => {
  const line = "4321 (npm (start) 1) S 4320 4321 4321 0 -1 4194304 500 0 0 0 12 30 5 2 20 0 11 0 999 0 0";
  expect(parseStat(line)).toEqual({
    id: 4_321,
    parent: 4_320,
    command: "npm (start) 1",
    cpuMs: 420,
    endedChildrenMs: 70,
  });
});

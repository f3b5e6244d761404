import { expect, test } from "@jest/globals";
import { idleCpu, layoutCosts, orderCpu } from "#bench/cluster-cost.ts";
import { layouts } from "#bench/cluster-layouts.ts";
import { cpuMsOfTree } from "#bench/processes.ts";
import { byPackage, type CpuProfile } from "#bench/profile.ts";

const sample = (atMs: number, a: number, b: number, postgresMs: number, natsMs: number) => ({
  atMs,
  nodes: new Map([
    ["a", a],
    ["b", b],
  ]),
  postgresMs,
  natsMs,
});
const idle = { before: sample(0, 0, 0, 0, 0), after: sample(1_000, 10, 20, 30, 40) };

test("the CPU of an order is what all processes used, without what the idle shop uses", () => {
  const busy = { before: sample(2_000, 100, 100, 100, 100), after: sample(4_000, 220, 140, 260, 180) };
  expect(orderCpu(idle, busy, 10)).toEqual({
    nodeMs: 10,
    postgresMs: 10,
    natsMs: 0,
    allMs: 20,
    byNode: new Map([
      ["a", 10],
      ["b", 0],
    ]),
  });
  expect(idleCpu(idle)).toEqual({ nodePercent: 3, postgresPercent: 3, natsPercent: 4 });
});

test("the figures of a layout are medians of its rounds, beside the first layout", () => {
  const round = (nodeMs: number) => ({
    cpu: { nodeMs, postgresMs: 1, natsMs: 0, allMs: nodeMs + 1, byNode: new Map() },
    idle: { nodePercent: 1, postgresPercent: 2, natsPercent: 3 },
    ordersPerSecond: 100,
  });
  const [one, two] = layoutCosts([
    { name: "one", nodes: 1, clients: 8, rounds: [9, 1, 3].map(round) },
    { name: "two", nodes: 2, clients: 8, rounds: [5].map(round) },
  ]);
  expect(one).toMatchObject({ nodeMs: 3, allMs: 4, ratio: 1, idlePercent: 6 });
  expect(two).toMatchObject({ nodeMs: 5, allMs: 6, ratio: 1.5 });
});

test("every layout but the first talks over NATS, and has a gateway", () => {
  for (const [at, { nats, nodes }] of layouts().entries()) {
    expect(nats).toBe(at > 0);
    expect(nodes.some(({ gateway }) => gateway)).toBe(true);
    expect(new Set(nodes.map(({ name }) => name)).size).toBe(nodes.length);
  }
});

test("the CPU of a server includes its processes, also those that have ended", () => {
  const stat = (id: number, parent: number, cpuMs: number, endedChildrenMs = 0) => ({
    id,
    parent,
    command: "postgres",
    cpuMs,
    endedChildrenMs,
  });
  expect(cpuMsOfTree(2, [stat(1, 0, 1_000), stat(2, 1, 5, 7), stat(4, 3, 30), stat(3, 2, 20)])).toBe(62);
  expect(cpuMsOfTree(9, [])).toBe(0);
});

test("what Node does counts for the part that called it, and idle time does not count", () => {
  const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 0 });
  const profile: CpuProfile = {
    nodes: [
      { id: 1, callFrame: frame("(root)", ""), children: [2, 3, 5, 7] },
      { id: 2, callFrame: frame("(idle)", "") },
      { id: 3, callFrame: frame("send", "file:///shop/node_modules/pg/lib/client.js"), children: [4] },
      { id: 4, callFrame: frame("writev", "node:net") },
      { id: 5, callFrame: frame("publish", "file:///shop/lib/events/relay.ts"), children: [6] },
      { id: 6, callFrame: frame("encode", "file:///shop/node_modules/@scope/codec/index.js") },
      { id: 7, callFrame: frame("processTimers", "node:internal/timers") },
    ],
    samples: [2, 3, 4, 5, 6, 7],
    timeDeltas: [1_000, 10, 40, 20, 20, 10],
  };
  expect(byPackage([profile], 9, "file:///shop/")).toEqual([
    { name: "pg", selfPercent: 50 },
    { name: "lib/events", selfPercent: 20 },
    { name: "@scope/codec", selfPercent: 20 },
    { name: "Node itself", selfPercent: 10 },
  ]);
});

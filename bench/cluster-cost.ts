import { median } from "./figures.ts";

/** CPU that the processes of a shop have used since they started, at one moment. */
export interface CpuSample {
  atMs: number;
  /** By the name of the node. */
  nodes: ReadonlyMap<string, number>;
  postgresMs: number;
  natsMs: number;
}

/** CPU that one order takes, in milliseconds. What the idle shop uses in the same time is not part of it. */
export interface OrderCpu {
  nodeMs: number;
  postgresMs: number;
  natsMs: number;
  allMs: number;
  byNode: ReadonlyMap<string, number>;
}

/** What a shop uses while nobody orders, in percent of a core. */
export interface IdleCpu {
  nodePercent: number;
  postgresPercent: number;
  natsPercent: number;
}

interface Span {
  before: CpuSample;
  after: CpuSample;
}

/** CPU of one order: what was used in the busy span, without the share of the idle shop, divided by the orders. */
export function orderCpu(idle: Span, busy: Span, orders: number): OrderCpu {
  const share = (busy.after.atMs - busy.before.atMs) / (idle.after.atMs - idle.before.atMs);
  const ofOne = (read: (sample: CpuSample) => number) => {
    const used = (span: Span) => read(span.after) - read(span.before);
    return Math.max(0, used(busy) - used(idle) * share) / Math.max(1, orders);
  };
  const byNode = new Map(
    [...busy.after.nodes.keys()].map((name) => [name, ofOne(({ nodes }) => nodes.get(name) ?? 0)]),
  );
  const nodeMs = [...byNode.values()].reduce((sum, ms) => sum + ms, 0);
  const postgresMs = ofOne((sample) => sample.postgresMs);
  const natsMs = ofOne((sample) => sample.natsMs);
  return { nodeMs, postgresMs, natsMs, allMs: nodeMs + postgresMs + natsMs, byNode };
}

export function idleCpu({ before, after }: Span): IdleCpu {
  const percent = (read: (sample: CpuSample) => number) =>
    (100 * (read(after) - read(before))) / (after.atMs - before.atMs);
  return {
    nodePercent: percent(({ nodes }) => [...nodes.values()].reduce((sum, ms) => sum + ms, 0)),
    postgresPercent: percent((sample) => sample.postgresMs),
    natsPercent: percent((sample) => sample.natsMs),
  };
}

/** What was measured of one layout, in one round. */
export interface Round {
  cpu: OrderCpu;
  idle: IdleCpu;
  ordersPerSecond: number;
}

/** The figures of one layout: medians of its rounds. */
export interface LayoutCost {
  name: string;
  nodes: number;
  clients: number;
  nodeMs: number;
  postgresMs: number;
  natsMs: number;
  allMs: number;
  /** CPU of one order ÷ that of the first layout. */
  ratio: number;
  idlePercent: number;
  ordersPerSecond: number;
}

/** @param measured of each layout all rounds; the first is what the others are compared with */
export function layoutCosts(
  measured: readonly { name: string; nodes: number; clients: number; rounds: readonly Round[] }[],
): LayoutCost[] {
  const all = measured.map(({ name, nodes, clients, rounds }) => {
    const of = (read: (round: Round) => number) => median(rounds.map(read));
    return {
      name,
      nodes,
      clients,
      nodeMs: of(({ cpu }) => cpu.nodeMs),
      postgresMs: of(({ cpu }) => cpu.postgresMs),
      natsMs: of(({ cpu }) => cpu.natsMs),
      allMs: of(({ cpu }) => cpu.allMs),
      idlePercent: of(({ idle }) => idle.nodePercent + idle.postgresPercent + idle.natsPercent),
      ordersPerSecond: of(({ ordersPerSecond }) => ordersPerSecond),
    };
  });
  const first = all[0]?.allMs ?? 0;
  return all.map((cost) => ({ ...cost, ratio: first > 0 ? cost.allMs / first : 0 }));
}

/** `npm run bench -- --cluster`: the CPU of an order in one process, and in clusters of several layouts. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { ApiError } from "./api.ts";
import { idleCpu, type LayoutCost, layoutCosts, orderCpu, type Round } from "./cluster-cost.ts";
import { type Layout, layouts } from "./cluster-layouts.ts";
import { ClusterShop } from "./cluster-shop.ts";
import { markdownTable } from "./figures.ts";
import { Inspector } from "./inspector.ts";
import type { LoadJob } from "./load.ts";
import type { Options } from "./options.ts";
import { type Goods, prepare } from "./prepare.ts";
import { byPackage, type CpuProfile } from "./profile.ts";
import type { Window } from "./window.ts";
import type { Worker } from "./worker.ts";

const ROOT = join(import.meta.dirname, "..");
/** Each node compiles its functions by itself, so many nodes need more orders until they are as fast as they get. */
const WARM_UP_ORDERS = 1_500;
const WARM_UP_SECONDS = 5;
const PREPARE_TRIES = 12;
const IDLE_MS = 5_000;
const PACKAGES = 14;

type Load = Worker<LoadJob, Window>;

/** Where the time of one layout's nodes goes: shares of the packages, over all nodes. */
export interface LayoutProfile {
  name: string;
  packages: { name: string; selfPercent: number }[];
}

export interface ClusterResult {
  costs: LayoutCost[];
  /** CPU of each node for one order, in the last round. */
  nodes: { name: string; byNode: Readonly<Record<string, number>> }[];
  profiles: LayoutProfile[];
}

/** One layout after the other, each with servers and data of its own, and all of them again in the next round. */
export async function benchCluster(
  dataDir: string,
  load: Load,
  options: Options,
  tell: (line: string) => void,
): Promise<ClusterResult> {
  const chosen = layouts().filter(({ name }) => options.only === undefined || name.includes(options.only));
  const rounds = new Map<string, Round[]>(chosen.map(({ name }) => [name, []]));
  const profiles: LayoutProfile[] = [];
  for (let round = 1; round <= options.windows; round += 1) {
    for (const [at, layout] of chosen.entries()) {
      tell(`round ${round} of ${options.windows}: ${layout.name}`);
      const shop = await ClusterShop.start(layout, join(dataDir, `layout-${at}`), { inspect: options.profile });
      try {
        const orders = await ordersOf(shop, layout, load, options);
        rounds.get(layout.name)?.push(await measure(shop, orders, options.seconds));
        if (options.profile && round === options.windows)
          profiles.push({ name: layout.name, packages: await profileNodes(shop, () => orders(options.seconds)) });
      } finally {
        await shop.stop();
      }
    }
  }
  const measured = chosen.map(({ name, nodes, clients }) => ({
    name,
    nodes: nodes.length,
    clients,
    rounds: rounds.get(name) ?? [],
  }));
  const nodes = measured.map(({ name, rounds: all }) => ({
    name,
    byNode: Object.fromEntries(all.at(-1)?.cpu.byNode ?? []),
  }));
  return { costs: layoutCosts(measured), nodes, profiles };
}

type Orders = (seconds: number) => Promise<Window>;

/** Fills the shop and lets it get as fast as it gets. @returns what places orders for some seconds */
async function ordersOf(shop: ClusterShop, { clients }: Layout, load: Load, options: Options): Promise<Orders> {
  const { urls } = shop;
  const goods = await prepared(urls[0] ?? "", options);
  const orders: Orders = async (seconds) => {
    const buyers = await goods.buyers(clients);
    return load.ask({ kind: "cluster-orders", urls, seconds, buyers, offers: goods.offers });
  };
  for (let done = 0; done < WARM_UP_ORDERS; ) done += (await orders(WARM_UP_SECONDS)).done;
  return orders;
}

/** Tries again while nodes that are needed have not started. */
async function prepared(url: string, options: Options): Promise<Goods> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await prepare(url, options.staffEmail, options.staffPassword);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 503 || tries === PREPARE_TRIES) throw error;
      await sleep(IDLE_MS);
    }
  }
}

async function measure(shop: ClusterShop, orders: Orders, seconds: number): Promise<Round> {
  await sleep(IDLE_MS); // what the orders left to be done is none of the idle shop
  const idle = { before: shop.sample(), after: await sampleAfter(shop, IDLE_MS) };
  const before = shop.sample();
  const { done, seconds: took } = await orders(seconds);
  const after = await sampleAfter(shop, IDLE_MS / 2); // the end of an order's work comes after its answer
  return { cpu: orderCpu(idle, { before, after }, done), idle: idleCpu(idle), ordersPerSecond: done / took };
}

async function sampleAfter(shop: ClusterShop, ms: number) {
  await sleep(ms);
  return shop.sample();
}

async function profileNodes(shop: ClusterShop, work: () => Promise<unknown>): Promise<LayoutProfile["packages"]> {
  const inspectors = await Promise.all([...shop.inspectors.values()].map((addresses) => Inspector.ofShop(addresses)));
  const profiles: CpuProfile[] = [];
  // Each one profiles while all that come after it do, and the innermost works.
  const nested = inspectors.reduce(
    (inner, inspector) => async () => void profiles.push(await inspector.profile(inner)),
    async () => void (await work()),
  );
  await nested();
  for (const inspector of inspectors) inspector.close();
  return byPackage(profiles, PACKAGES, `${pathToFileURL(ROOT).href}/`);
}

export function clusterTables({ costs, nodes, profiles }: ClusterResult): string {
  const ms = (value: number) => value.toFixed(2);
  const rows = costs.map((cost) => [
    cost.name,
    cost.nodes,
    cost.clients,
    ms(cost.nodeMs),
    ms(cost.postgresMs),
    ms(cost.natsMs),
    ms(cost.allMs),
    cost.ratio.toFixed(2),
    cost.idlePercent.toFixed(1),
    cost.ordersPerSecond.toFixed(0),
  ]);
  const header = [
    "layout",
    "nodes",
    "clients",
    "Node ms",
    "Postgres ms",
    "NATS ms",
    "all ms",
    "ratio",
    "idle %",
    "per second",
  ];
  return [
    `CPU of one order:\n\n${markdownTable(header, rows)}`,
    ...nodes.map(({ name, byNode }) => {
      const list = Object.entries(byNode).map(([node, value]) => `${node} ${ms(value)}`);
      return `${name}, ms by node: ${list.join(", ")}`;
    }),
    ...profiles.map(({ name, packages }) => {
      const list = packages.map(({ name: of, selfPercent }) => [of, selfPercent]);
      return `Busy time of ${name}:\n\n${markdownTable(["part", "%"], list)}`;
    }),
  ].join("\n\n");
}

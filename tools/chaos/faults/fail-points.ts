import { setTimeout as sleep } from "node:timers/promises";
import { officeHour } from "../back-office.ts";
import { allFailPoints } from "../fail-points.ts";
import { check, type Fault, type Scene } from "../fault.ts";
import type { NodeProcess } from "../node-process.ts";
import { Random } from "../random.ts";

const SAMPLE = 16; // fail points in a short dose
const AT_MOST_MS = { short: 40_000, full: 330_000 };
const STALE_MS = { short: 12_000, full: 40_000 }; // without a death: what is left is not reached by this load
const POLL_MS = 50;

/** Nodes that do nothing but die, beside those that keep the shop open. */
const VICTIMS = {
  "orders-3": ["carts", "checkout", "orders"].map((name) => `services/commerce/${name}`),
  "payments-3": ["services/commerce/payments"],
  "inventory-3": ["services/logistics/inventory"],
  "others-3": ["services/identity", "services/product"],
};

export const killAtFailPoints: Fault = {
  name: "F1",
  title: "kill -9 at every fail point, restart",
  async run(scene) {
    const { cluster, load, random, dose, note } = scene;
    const all = allFailPoints();
    const chosen = dose === "full" ? all : random.shuffled(all.filter(isOfSaga)).slice(0, SAMPLE);
    const nodes = Object.entries(VICTIMS).map(([name, folders]) => cluster.extraNode({ name, folders }));
    load.start();
    let over = false;
    const office = async (dayRandom: Random) => {
      while (!over) await officeHour(load, cluster, dayRandom);
    };
    const offices = dose === "full" ? [office(new Random(random.next())), office(new Random(random.next()))] : [];
    const left = await Promise.all(nodes.map((node) => dieAtEach(scene, node, pointsOn(node, chosen))));
    over = true;
    await Promise.all(nodes.map((node) => node.stop()));
    await Promise.all([load.stop(), ...offices]);
    const missed = left.flat();
    note(`${chosen.length - missed.length} of ${chosen.length} fail points have killed a node`);
    return [
      check(
        missed.length === 0 || dose === "short",
        `killed at ${chosen.length - missed.length} of ${chosen.length} fail points${missed.length > 0 ? `; not reached: ${missed.slice(0, 12).join(", ")}` : ""}`,
      ),
    ];
  },
};

function isOfSaga(point: string): boolean {
  return /^(orders|inventory|payments|checkout)\./.test(point);
}

function pointsOn(node: NodeProcess, points: readonly string[]): string[] {
  const services = new Set(node.plan.folders.flatMap(servicesIn));
  return points.filter((point) => services.has(point.slice(0, point.indexOf("."))));
}

function servicesIn(folder: string): string[] {
  const domains: Record<string, string[]> = {
    identity: ["auth", "users", "customers"],
    product: ["catalog", "pricing"],
  };
  const last = folder.slice(folder.lastIndexOf("/") + 1);
  return domains[last] ?? [last];
}

/** Arms a node with all its fail points; each death takes one away. @returns those it has not reached */
async function dieAtEach({ dose, note }: Scene, node: NodeProcess, points: readonly string[]): Promise<string[]> {
  const left = new Set(points);
  const arm = () => node.usually({ env: { FAILPOINT: [...left].map((point) => `${point}:kill`).join(",") } });
  if (left.size === 0) return [];
  arm();
  const began = performance.now();
  let last = began;
  let deaths = 0;
  const starting = node.start().catch(() => undefined);
  while (left.size > 0 && performance.now() - began < AT_MOST_MS[dose] && performance.now() - last < STALE_MS[dose]) {
    if (!node.up) last = performance.now();
    for (const point of node.failPoints.slice(deaths)) {
      left.delete(point);
      deaths += 1;
      last = performance.now();
      note(`${node.name} died at ${point}`);
      if (left.size > 0) arm();
      else node.usually({});
    }
    await sleep(POLL_MS);
  }
  node.usually({});
  await starting;
  return [...left];
}

import { setTimeout as sleep } from "node:timers/promises";
import { allFailPoints } from "#mixins/service/fail-point-list.ts";
import { accountActions, expireDeadlines, expireUntilNoneWaits, racingActions, staffActions } from "../back-office.ts";
import { check, type Fault, type FaultContext } from "../fault.ts";
import { moneyActions } from "../money-actions.ts";
import type { NodeProcess } from "../node-process.ts";
import { opinionActions } from "../opinion-actions.ts";
import { publishPrice } from "../price-feed.ts";
import { Random } from "../random.ts";

const SAMPLE = { services: 2, pointsOfEach: 4 }; // in a short dose
const SAGA_STEPS = /(OrderCreated|InventoryReserved|PaymentAuthorized|PaymentCompleted|InventoryCommitted)\./;
const AT_MOST_MS = { short: 20_000, full: 1_800_000 }; // of each of the two rounds: 250 starts of a node take as long as the machine needs
const STALE_MS = { short: 20_000, full: 45_000 }; // without any node killed: the load does not reach the remaining fail points
const POLL_MS = 50;
const PAUSE_MS = 500;
const SHOPPERS = 4; // the machine is busy enough with starting nodes

const IDENTITY = ["auth", "users", "customers"];
const PRODUCT = ["catalog", "pricing", "promotions", "media"];
const ORDERING = ["carts", "checkout", "orders", "billing"];
const MONEY = ["payments", "fraud"];

/** Additional nodes that are killed at fail points, while the others keep the shop running. */
const EXTRA = [
  { name: "orders-3", folders: ORDERING.map(commerce), services: ORDERING, half: 0 },
  { name: "orders-4", folders: ORDERING.map(commerce), services: ORDERING, half: 1 },
  { name: "payments-3", folders: MONEY.map(commerce), services: MONEY, half: 0 },
  { name: "payments-4", folders: MONEY.map(commerce), services: MONEY, half: 1 },
  { name: "ledger-3", folders: [commerce("ledger")], services: ["ledger"] },
  { name: "inventory-3", folders: ["services/logistics/inventory"], services: ["inventory"] },
  { name: "identity-3", folders: ["services/identity"], services: IDENTITY },
  { name: "product-3", folders: ["services/product"], services: [...PRODUCT, "reviews"] },
] as const;

/**
 * One node at a time sends a service's events and runs a job, so both are armed: when one is killed, the other takes over
 * and is killed.
 */
const ONE_AT_A_TIME = /-publish$|^[a-z]+\.[a-z]+(-[a-z]+)+\./; // the names of jobs have hyphens
const PAIRS = [
  { nodes: ["shop-1", "shop-2"], services: [...IDENTITY, ...PRODUCT, ...ORDERING] },
  { nodes: ["payments-1", "payments-2"], services: [...MONEY, "ledger"] },
  { nodes: ["inventory-1", "inventory-2"], services: ["inventory"] },
];

export const killAtFailPoints: Fault = {
  name: "F1",
  title: "kill -9 at every fail point, restart",
  async run(scene) {
    const { cluster, load, random, dose } = scene;
    const all = allFailPoints();
    const chosen = dose === "full" ? all : sample(random, all);
    const ofPairs = chosen.filter((point) => ONE_AT_A_TIME.test(point));
    const others = chosen.filter((point) => !ONE_AT_A_TIME.test(point));
    load.start(SHOPPERS);
    let over = false;
    const daily = async (hour: (days: Random) => Promise<void>) => {
      const days = new Random(random.next());
      while (!over) {
        await hour(days);
        await sleep(PAUSE_MS);
      }
    };
    const customers = () => daily((days) => accountActions(load, days));
    const staff = () => daily((days) => staffActions(load, days));
    const feed = () => daily((days) => publishPrice(cluster, load, days));
    const races = () => daily((days) => racingActions(cluster, load, days));
    const money = () => daily(async (days) => void (await moneyActions(cluster, load, days)));
    const opinions = () => daily((days) => opinionActions(load, days));
    const time = () => daily(() => expireDeadlines(cluster));
    const lives =
      dose === "full" ? [staff(), staff(), feed(), customers(), customers(), races(), money(), opinions(), time()] : [];
    const missed = [...(await killExtraNodes(scene, others)), ...(await killPairs(scene, ofPairs))];
    over = true;
    await Promise.all([load.stop(), ...lives]);
    await expireUntilNoneWaits(cluster);
    const list = missed.length > 0 ? `; not reached: ${missed.join(", ")}` : "";
    const killed = `killed at ${chosen.length - missed.length} of ${chosen.length} fail points${list}`;
    return [check(dose === "full" ? missed.length === 0 : missed.length < chosen.length, killed)];
  },
};

/** Fail points that every order reaches, so that a short run reaches them within seconds. */
function sample(random: Random, all: readonly string[]): string[] {
  const services = random.shuffled(["orders", "inventory", "payments"]).slice(0, SAMPLE.services);
  const passed = random.shuffled(all.filter((point) => SAGA_STEPS.test(point)));
  return services.flatMap((service) => of(passed, [service]).slice(0, SAMPLE.pointsOfEach));
}

function commerce(service: string): string {
  return `services/commerce/${service}`;
}

function of(points: readonly string[], services: readonly string[]): string[] {
  return points.filter((point) => services.includes(point.slice(0, point.indexOf("."))));
}

async function killExtraNodes(scene: FaultContext, points: readonly string[]): Promise<string[]> {
  const { cluster } = scene;
  const round = newRound(scene);
  cluster.balancer.preferred = "edge-3"; // the only gateway whose requests come to nodes other than its own
  const left = await Promise.all(
    EXTRA.map(async ({ name, folders, services, ...rest }) => {
      const mine = of(points, services).filter((_, i) => !("half" in rest) || i % 2 === rest.half);
      if (mine.length === 0) return [];
      const node = cluster.extraNode({ name, folders });
      const missed = await killAtEach(round, [node], mine);
      await node.stop();
      return missed;
    }),
  );
  cluster.balancer.preferred = undefined;
  return left.flat();
}

async function killPairs(scene: FaultContext, points: readonly string[]): Promise<string[]> {
  const round = newRound(scene);
  const left = await Promise.all(
    PAIRS.map(async ({ nodes, services }) => {
      const mine = of(points, services);
      if (mine.length === 0) return [];
      const pair = nodes.map((name) => scene.cluster.node(name));
      for (const node of pair) node.kill(); // it is restarted with the fail points armed
      return killAtEach(round, pair, mine);
    }),
  );
  return left.flat();
}

/** One round in which several nodes are killed at the same time. */
interface Round {
  goesOn(): boolean;
  died(line: string): void;
}

function newRound({ dose, note }: FaultContext): Round {
  const began = performance.now();
  let last = began;
  return {
    goesOn: () => performance.now() - began < AT_MOST_MS[dose] && performance.now() - last < STALE_MS[dose],
    died(line) {
      last = performance.now();
      note(line);
    },
  };
}

/** Arms nodes with these fail points; each kill removes one. @returns the fail points that were not reached */
async function killAtEach(round: Round, nodes: readonly NodeProcess[], points: readonly string[]): Promise<string[]> {
  const left = new Set(points);
  const arm = () => {
    const FAILPOINT = [...left].map((point) => `${point}:kill`).join(",");
    for (const node of nodes) node.usually(left.size > 0 ? { env: { FAILPOINT } } : {});
  };
  const heard = new Map(nodes.map((node) => [node, node.failPoints.length]));
  arm();
  for (const node of nodes) void node.start().catch(() => undefined); // it may be killed while it starts, several times
  while (left.size > 0 && round.goesOn()) {
    for (const node of nodes) {
      for (const point of node.failPoints.slice(heard.get(node))) {
        left.delete(point);
        round.died(`${node.name} died at ${point}`);
        arm();
      }
      heard.set(node, node.failPoints.length);
    }
    await sleep(POLL_MS);
  }
  for (const node of nodes) {
    node.usually({});
    if (left.size > 0) await node.restart("SIGKILL"); // it is still armed with what was not reached
  }
  return [...left];
}

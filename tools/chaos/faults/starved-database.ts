import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Cluster } from "../cluster.ts";
import { type Check, check, type Fault, type FaultContext, slower } from "../fault.ts";
import { medianMs, probe, probing, refusedProperly, summary } from "../probe.ts";

const WITHIN_MS = 2_000;
const STARVED_MS = { short: 2_000, full: 6_000 };
const LOCKED_MS = { short: 3_000, full: 60_000 };
const CALM_MS = { short: 1_500, full: 8_000 }; // before, and again after: what a moment costs differs by the minute
const MOST_CONNECTIONS = 500;
const SLOWER = 2;

export const starvedDatabase: Fault = {
  name: "F10",
  title: "connections exhausted; a row lock held for 60 s",
  async run(scene) {
    scene.load.start(6);
    await sleep(2_000);
    const checks = [...(await withoutConnections(scene)), ...(await withLockedRow(scene))];
    await scene.load.stop();
    return checks;
  },
};

/** Takes every free connection of the server, and restarts a node, which needs some. */
async function withoutConnections({ cluster, load, random, dose, note }: FaultContext): Promise<Check[]> {
  const taken = await takeConnections(cluster.postgres.url);
  note(`the last ${taken.length} connections are taken, and payments-2 killed`);
  cluster.node("payments-2").kill();
  const gateway = cluster.balancer.gateway("shop-1");
  const shopper = random.of(load.shoppers);
  const probes = await probing(
    gateway,
    () => ({ ...shopper.orderRequest(random.of(load.goods)), token: shopper.caller.token }),
    STARVED_MS[dose],
    100,
  );
  await Promise.all(taken.map((client) => client.end()));
  const badly = probes.filter((one) => one.status !== 201 && !refusedProperly(one, WITHIN_MS));
  return [check(badly.length === 0, `without connections: orders ${summary(probes)}`)];
}

async function takeConnections(url: string): Promise<pg.Client[]> {
  const taken: pg.Client[] = [];
  while (taken.length < MOST_CONNECTIONS) {
    const client = new pg.Client({ connectionString: url });
    client.on("error", () => {});
    try {
      await client.connect();
    } catch {
      return taken;
    }
    taken.push(client);
  }
  return taken;
}

/** Locks the stock row of one SKU: requests that need it are refused, all others are not affected. */
async function withLockedRow({ cluster, load, random, dose, note }: FaultContext): Promise<Check[]> {
  const goods = await load.newGoods(1_000);
  const gateway = cluster.balancer.gateway("shop-1");
  const shopper = random.of(load.shoppers);
  const unrelated = {
    "a product read": () => ({
      method: "GET" as const,
      path: `/products/${random.of(load.goods).productId}?at=${randomUUID()}`,
    }),
    "an order paid": () => ({
      ...shopper.orderRequest(random.of(load.goods), { wait: 5 }),
      token: shopper.caller.token,
    }),
  };
  const rounds = (forMs: number) =>
    Promise.all(Object.values(unrelated).map((request) => probing(gateway, request, forMs, 50)));
  const before = await rounds(CALM_MS[dose]);
  const holder = await lockRow(cluster, goods.sku);
  note(`the stock row of one sku is locked for ${LOCKED_MS[dose] / 1_000} s`);
  await load.shoppers[0]?.order(goods); // its reservation has to wait
  const adjustment = () => ({
    method: "POST" as const,
    path: `/inventory/${goods.sku}/adjustments`,
    token: load.staff.token,
    headers: { "idempotency-key": randomUUID() },
    body: { warehouseId: "wh_main", delta: 1, reason: "delivery" },
  });
  const [during, blocked] = await Promise.all([
    rounds(LOCKED_MS[dose]),
    probing(gateway, adjustment, LOCKED_MS[dose], 500),
  ]);
  await holder.query("COMMIT");
  await holder.end();
  const freed = await probe(gateway, adjustment());
  const after = await rounds(CALM_MS[dose]);
  return [
    check(
      blocked.every((one) => refusedProperly(one, WITHIN_MS)) && freed.status === 200,
      `the locked row: ${summary(blocked)}; afterwards ${freed.status}`,
    ),
    ...Object.keys(unrelated).map((name, i) =>
      slower(`meanwhile ${name}`, medianMs([...(before[i] ?? []), ...(after[i] ?? [])]), medianMs(during[i] ?? []), {
        atMost: SLOWER,
        dose,
      }),
    ),
  ];
}

async function lockRow(cluster: Cluster, sku: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: cluster.dataUrlOf("inventory") });
  await client.connect();
  await client.query("BEGIN");
  await client.query("SELECT FROM stock WHERE sku = $1 FOR UPDATE", [sku]);
  return client;
}

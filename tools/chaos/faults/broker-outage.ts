import { setTimeout as sleep } from "node:timers/promises";
import { check, type Fault, type FaultContext } from "../fault.ts";
import { type Probe, probe, refusedProperly, summary } from "../probe.ts";

const BLINK_MS = 1_500;
const OUTAGE_MS = { short: 4_000, full: 60_000 };
const REFUSED_WITHIN_MS = 2_000;
const PROBE_EVERY_MS = 700;

/** The answers of a gateway without other services, and of a node that has every service an order needs. */
interface Seen {
  alone: Probe[];
  selling: Probe[];
}

export const brokerOutage: Fault = {
  name: "F4",
  title: "NATS killed and back; NATS down for 60 s",
  finalWithinSeconds: 120,
  async run(scene) {
    const { cluster, load, dose, note } = scene;
    load.start();
    await sleep(2_000);
    note(`NATS is killed, and back ${BLINK_MS} ms later`);
    await cluster.nats.kill();
    await sleep(BLINK_MS);
    await cluster.nats.start();
    await sleep(4_000);
    note(`NATS is down for ${OUTAGE_MS[dose] / 1_000} s`);
    await cluster.nats.kill();
    const { alone, selling } = await lookAround(scene, OUTAGE_MS[dose]);
    await cluster.nats.start();
    note("NATS is back");
    await sleep(2_000);
    await load.stop();
    const badly = alone.filter((one) => !refusedProperly(one, REFUSED_WITHIN_MS));
    const sold = selling.filter(({ status }) => status === 201);
    return [
      check(badly.length === 0, `a gateway alone: ${summary(alone)}, all with Retry-After`),
      check(sold.length === selling.length, `gateway and orders together: ${summary(selling)}`),
    ];
  },
};

async function lookAround({ cluster, load, random }: FaultContext, forMs: number): Promise<Seen> {
  const until = performance.now() + forMs;
  const seen: Seen = { alone: [], selling: [] };
  while (performance.now() < until) {
    const shopper = random.of(load.shoppers);
    const order = { ...shopper.orderRequest(random.of(load.goods)), token: shopper.caller.token };
    const product = { method: "GET" as const, path: `/products/${random.of(load.goods).productId}` };
    const edge = cluster.balancer.gateway("edge-3");
    const [bought, read, sold] = await Promise.all([
      probe(edge, order),
      probe(edge, product),
      probe(cluster.balancer.gateway("shop-1"), {
        ...shopper.orderRequest(random.of(load.goods)),
        token: shopper.caller.token,
      }),
    ]);
    seen.alone.push(bought, read);
    seen.selling.push(sold);
    await sleep(PROBE_EVERY_MS);
  }
  return seen;
}

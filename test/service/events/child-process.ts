import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServiceBroker } from "moleculer";
import { armFailPoints, FailPoints } from "#lib/fault-injection/fail-points.ts";
import { failPointsOfSchema } from "#mixins/service/fail-point-list.ts";
import { startBroker } from "#test/support/broker.ts";
import { PARTS, type Part } from "./test-services.ts";

/** What a test tells its child: see `child.ts`. */
export interface NodeOrders {
  namespace: string;
  node: string;
  parts: readonly Part[];
  nats?: string;
  /** Counts on, in several transactions at once, until told to rest. */
  produces?: boolean;
  /** As `FAILPOINT`. */
  failpoint?: string;
}

const KEYS = 8;
const AT_ONCE = 4;
/** Between two transactions of one producer: the machine must have time for the consumers, which are what is tested. */
const PAUSE_MS = 10;
const META = { auth: { kind: "service", service: "test" } };

const orders: NodeOrders = JSON.parse(process.argv[2] ?? "");
const services = orders.parts.map((part) => PARTS[part]());
if (orders.failpoint) armFailPoints(new FailPoints(orders.failpoint, services.flatMap(failPointsOfSchema)));
const broker = await startBroker({ ...orders, services });
let produces = orders.produces ?? false;
const producing = Promise.all(Array.from({ length: AT_ONCE }, () => produce(broker)));
process.stdout.write("ready\n");

for await (const line of createInterface({ input: process.stdin })) {
  produces = false;
  await producing;
  if (line === "end") {
    await broker.stop();
    process.exit(0);
  }
  process.stdout.write("rested\n");
}
process.exit(1); // whoever started this is gone

/** Some transactions fail after all was written: they must leave nothing behind. */
async function produce(on: ServiceBroker): Promise<void> {
  while (produces) {
    const key = `key-${Math.floor(Math.random() * KEYS)}`;
    const times = 1 + Math.floor(Math.random() * 5);
    const fails = Math.random() < 0.2;
    await on.call("tally.count", { key, times, fails }, { meta: META }).catch(() => undefined);
    await sleep(PAUSE_MS);
  }
}

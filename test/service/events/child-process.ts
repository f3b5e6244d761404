import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServiceBroker } from "moleculer";
import { armFailPoints, FailPoints } from "#lib/fault-injection/fail-points.ts";
import { failPointsOfSchema } from "#mixins/service/fail-point-list.ts";
import { startBroker } from "#test/support/broker.ts";
import { TEST_SERVICES, type TestService } from "./test-services.ts";

/** What a test tells its child process: see `events-fixture.ts`. */
export interface NodeOptions {
  namespace: string;
  node: string;
  services: readonly TestService[];
  nats?: string;
  /** Whether it produces events, in several transactions at once, until it reads `pause`. */
  produces?: boolean;
  /** The same as the setting `FAILPOINT`. */
  failpoint?: string;
}

const KEYS = 8;
const AT_ONCE = 4;
/** Between two transactions of one producer: the machine must have time for the consumers, which are what is tested. */
const PAUSE_MS = 10;
const META = { auth: { kind: "service", service: "test" } };

const options: NodeOptions = JSON.parse(process.argv[2] ?? "");
const services = options.services.map((name) => TEST_SERVICES[name]());
if (options.failpoint) armFailPoints(new FailPoints(options.failpoint, services.flatMap(failPointsOfSchema)));
const broker = await startBroker({ ...options, services });
let produces = options.produces ?? false;
const producing = Promise.all(Array.from({ length: AT_ONCE }, () => produce(broker)));
process.stdout.write("ready\n");

for await (const line of createInterface({ input: process.stdin })) {
  produces = false;
  await producing;
  if (line === "end") {
    await broker.stop();
    process.exit(0);
  }
  process.stdout.write("paused\n");
}
process.exit(1); // the test that started this process has ended

/** Some transactions fail after everything was written; they must leave nothing behind. */
async function produce(on: ServiceBroker): Promise<void> {
  while (produces) {
    const key = `key-${Math.floor(Math.random() * KEYS)}`;
    const times = 1 + Math.floor(Math.random() * 5);
    const fails = Math.random() < 0.2;
    await on.call("tally.count", { key, times, fails }, { meta: META }).catch(() => undefined);
    await sleep(PAUSE_MS);
  }
}

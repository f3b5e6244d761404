import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../../..");

/** In a process of its own, which loads all services in a second; Jest's modules take ten. */
const SCRIPT = `
  import { listenersOf } from "./tools/verify/listeners.ts";
  console.log(JSON.stringify([...await listenersOf()].map(([group, events]) => [group, [...events]])));`;

type Wanted = readonly [event: string, conditions: readonly object[]];

test("who listens to what is what the services say of themselves", async () => {
  const { stdout } = await run(process.execPath, ["--no-warnings", "--input-type=module", "--eval", SCRIPT], {
    cwd: ROOT,
  });
  const listeners = new Map(JSON.parse(stdout) as [string, Wanted[]][]);
  expect(new Map(listeners.get("inventory"))).toEqual(
    new Map<string, readonly object[]>([
      ["catalog.events/SupplyChanged", []],
      ["orders.events/OrderCreated", []],
      ["orders.events/OrderCancelled", []],
      ["orders.events/OrderStatusChanged", [{ newStatus: ["paid", "shipped", "refunded"] }]],
    ]),
  );
  expect(new Map(listeners.get("auth")).has("customer.events/CustomerCreated")).toBe(true); // the topic is older than the service's name
  expect([...listeners.keys()]).toEqual(expect.arrayContaining(["orders", "payments"]));
});

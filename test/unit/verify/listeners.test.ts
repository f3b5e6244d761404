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

test("who listens to what is what the services say of themselves", async () => {
  const { stdout } = await run(process.execPath, ["--no-warnings", "--input-type=module", "--eval", SCRIPT], {
    cwd: ROOT,
  });
  const listeners = new Map<string, string[]>(JSON.parse(stdout) as [string, string[]][]);
  expect(listeners.get("inventory")?.toSorted()).toEqual([
    "orders.events/OrderCancelled",
    "orders.events/OrderCreated",
    "orders.events/OrderStatusChanged",
  ]);
  expect(listeners.get("auth")).toContain("customer.events/CustomerCreated"); // the topic is older than the service's name
  expect([...listeners.keys()]).toEqual(expect.arrayContaining(["orders", "payments"]));
});

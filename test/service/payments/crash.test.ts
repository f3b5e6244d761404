import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "@jest/globals";
import pg from "pg";
import { freshDatabase } from "#test/support/databases.ts";
import { type Order, paymentsHarness } from "./payments-harness.ts";

const LEASE_MS = 6_000; // so that the killed node attempts each operation once, and the next one finds it soon

test("after a kill between an operation and its result, the next node finds the result and charges once", async () => {
  const databaseUrl = await freshDatabase("payments");
  const script = join(import.meta.dirname, "node-to-kill.ts");
  const node = spawn(process.execPath, ["--no-warnings", script, databaseUrl, String(LEASE_MS)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface({ input: node.stdout }), "line");
  node.kill("SIGKILL");
  await once(node, "exit");
  const { charged, unsent } = JSON.parse(String(line)) as { charged: Order; unsent: Order };

  const harness = await paymentsHarness({ databaseUrl, timings: { leaseMs: LEASE_MS } });
  try {
    for (const order of [charged, unsent]) {
      await harness.awaitEvents(order, "PaymentAuthorized");
      expect(await harness.charges(order)).toMatchObject([{ held_minor: 18_000 }]);
    }
    expect(await harness.db.query("SELECT balance_minor, reserved_minor FROM stored_value")).toEqual([
      { balance_minor: 5_000, reserved_minor: 4_000 },
    ]);
    const operations = await harness.db.query("SELECT state, attempts FROM operation");
    expect(operations).toEqual([
      { state: "succeeded", attempts: 2 },
      { state: "succeeded", attempts: 2 },
    ]);
  } finally {
    await harness.stop();
  }
});

test("a node that stops gracefully leaves no attempted operation open", async () => {
  const harness = await paymentsHarness();
  const orders = Array.from({ length: 50 }, () => harness.order());
  await harness.publishCreated(...orders);
  await harness.publishReserved(...orders);
  await harness.awaitEvents(orders[0] as Order, "PaymentAuthorized");
  const { databaseUrl } = harness;
  await harness.stop();
  const client = new pg.Client(databaseUrl);
  await client.connect();
  const { rows } = await client.query("SELECT 1 FROM operation WHERE attempts > 0 AND state IN ('pending', 'unknown')");
  await client.end();
  expect(rows).toEqual([]);
});

test("two nodes share the work, and no operation is attempted twice", async () => {
  const databaseUrl = await freshDatabase("payments");
  const nodes = [await paymentsHarness({ databaseUrl }), await paymentsHarness({ databaseUrl })] as const;
  try {
    const orders = Array.from({ length: 100 }, () => nodes[0].order());
    await nodes[0].publishCreated(...orders);
    await nodes[0].publishReserved(...orders);
    for (const order of orders) await nodes[0].awaitEvents(order, "PaymentAuthorized");
    expect(await nodes[0].books.query("SELECT count(*) AS n FROM charge")).toEqual([{ n: 100 }]);
    expect(await nodes[0].db.query("SELECT DISTINCT attempts FROM operation")).toEqual([{ attempts: 1 }]);
    // The other node answers as well, because its clients poll.
    const [order] = orders as [Order];
    expect(await nodes[1].authorize(order)).toMatchObject({ status: "authorized" });
  } finally {
    await Promise.all(nodes.map((harness) => harness.stop()));
  }
});

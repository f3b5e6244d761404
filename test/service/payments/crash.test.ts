import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "@jest/globals";
import pg from "pg";
import { freshDatabase } from "#test/support/databases.ts";
import { type Order, openTill } from "./payments-harness.ts";

const LEASE_MS = 1_000;

test("a node killed between intent and result: the next one finds out, and charges nobody twice", async () => {
  const databaseUrl = await freshDatabase("payments");
  const script = join(import.meta.dirname, "dying-payments-harness.ts");
  const node = spawn(process.execPath, ["--no-warnings", script, databaseUrl, String(LEASE_MS)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface({ input: node.stdout }), "line");
  node.kill("SIGKILL");
  await once(node, "exit");
  const { charged, unheard } = JSON.parse(String(line)) as { charged: Order; unheard: Order };

  const till = await openTill({ databaseUrl, timings: { leaseMs: LEASE_MS } });
  try {
    for (const order of [charged, unheard]) {
      await till.hears(order, "PaymentAuthorized");
      expect(await till.charges(order)).toHaveLength(1);
    }
    const operations = await till.db.query("SELECT state, attempts FROM operation");
    expect(operations).toEqual([
      { state: "succeeded", attempts: 2 },
      { state: "succeeded", attempts: 2 },
    ]);
  } finally {
    await till.stop();
  }
});

test("a node that stops in good order leaves nothing open", async () => {
  const till = await openTill();
  const orders = Array.from({ length: 50 }, () => till.order());
  await till.created(...orders);
  await till.reserved(...orders);
  await till.hears(orders[0] as Order, "PaymentAuthorized");
  const { databaseUrl } = till;
  await till.stop();
  const client = new pg.Client(databaseUrl);
  await client.connect();
  const { rows } = await client.query("SELECT 1 FROM operation WHERE attempts > 0 AND state IN ('pending', 'unknown')");
  await client.end();
  expect(rows).toEqual([]);
});

test("two nodes share the work, and no operation is done twice", async () => {
  const databaseUrl = await freshDatabase("payments");
  const tills = [await openTill({ databaseUrl }), await openTill({ databaseUrl })] as const;
  try {
    const orders = Array.from({ length: 100 }, () => tills[0].order());
    await tills[0].created(...orders);
    await tills[0].reserved(...orders);
    for (const order of orders) await tills[0].hears(order, "PaymentAuthorized");
    expect(await tills[0].db.query("SELECT count(*) AS n FROM test_provider_charge")).toEqual([{ n: 100 }]);
    expect(await tills[0].db.query("SELECT DISTINCT attempts FROM operation")).toEqual([{ attempts: 1 }]);
    // Whoever did not do the work still answers, because it looks.
    const [order] = orders as [Order];
    expect(await tills[1].authorize(order)).toMatchObject({ status: "authorized" });
  } finally {
    await Promise.all(tills.map((till) => till.stop()));
  }
});

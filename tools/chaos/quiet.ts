import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "./cluster.ts";

const LOOK_MS = 250;
const SERVICES = ["orders", "inventory", "payments", "customers", "catalog", "pricing"]; // those that publish

/** Some of those that did not end, for whoever looks into it. */
const OPEN_ORDERS = `SELECT order_id, status, payment_status, payment_method_id, version, deadline_at, updated_at FROM orders
  WHERE status IN ('pending_payment', 'confirmed') ORDER BY created_at LIMIT 5`;

/** What is still on its way. */
export interface Unrest {
  orders: number;
  operations: number;
  events: number;
}

/** Waits until every order is final, every payment operation settled, and every event sent. @returns how long that took, in seconds */
export async function untilQuiet(cluster: Cluster, withinMs: number): Promise<number> {
  const began = performance.now();
  let unrest: Unrest | undefined;
  let reason = "";
  while (performance.now() - began < withinMs) {
    try {
      unrest = await unrestOf(cluster);
      if (unrest.orders + unrest.operations + unrest.events === 0) return Math.round(performance.now() - began) / 1_000;
    } catch (error) {
      reason = String(error); // the database is still coming back
    }
    await sleep(LOOK_MS);
  }
  const open = await cluster.query("orders", OPEN_ORDERS).catch(() => []);
  const left = unrest ? JSON.stringify({ ...unrest, open }) : reason;
  throw new Error(`Not quiet within ${withinMs / 1_000} s: ${left}`);
}

async function unrestOf(cluster: Cluster): Promise<Unrest> {
  const count = async (service: string, from: string) =>
    (await cluster.query<{ count: number }>(service, `SELECT count(*)::int AS count FROM ${from}`))[0]?.count ?? 0;
  const unsent = await Promise.all(SERVICES.map((service) => count(service, "outbox WHERE sent_at IS NULL")));
  return {
    orders: await count("orders", "orders WHERE status IN ('pending_payment', 'confirmed')"),
    operations: await count("payments", "operation WHERE state IN ('pending', 'unknown')"),
    events: unsent.reduce((sum, some) => sum + some, 0),
  };
}

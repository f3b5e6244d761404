import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "nats";
import { type Cluster, NAMESPACE } from "./cluster.ts";

const POLL_MS = 250;
// Those that publish.
const SERVICES = ["orders", "inventory", "payments", "fraud", "billing", "customers", "catalog", "pricing", "sellers"];

/** Some of the orders that did not become final, for the report. */
const OPEN_ORDERS = `SELECT order_id, status, payment_status, payment_method_id, version, deadline_at, updated_at FROM orders
  WHERE status IN ('pending_payment', 'confirmed') ORDER BY created_at LIMIT 5`;

/** Work that is not finished yet. */
export interface PendingWork {
  orders: number;
  operations: number;
  /** Payments and refunds without their document. */
  documents: number;
  /** Versions of the catalogue that are not complete, and changes of what is shown that are not told. */
  versions: number;
  /** In an outbox. */
  unsent: number;
  /** On their way into a group. */
  unheard: number;
}

/** Waits until every order is final, every payment operation settled, every event sent and consumed. @returns seconds */
export async function untilIdle(cluster: Cluster, withinMs: number): Promise<number> {
  const began = performance.now();
  let unrest: PendingWork | undefined;
  let reason = "";
  while (performance.now() - began < withinMs) {
    try {
      unrest = await pendingWorkOf(cluster);
      if (Object.values(unrest).every((count) => count === 0)) return Math.round(performance.now() - began) / 1_000;
    } catch (error) {
      reason = String(error); // the database is still coming back
    }
    await sleep(POLL_MS);
  }
  const open = await cluster.query("orders", OPEN_ORDERS).catch(() => []);
  const left = unrest ? JSON.stringify({ ...unrest, open }) : reason;
  throw new Error(`Not quiet within ${withinMs / 1_000} s: ${left}`);
}

async function pendingWorkOf(cluster: Cluster): Promise<PendingWork> {
  const count = async (service: string, from: string) =>
    (await cluster.query<{ count: number }>(service, `SELECT count(*)::int AS count FROM ${from}`))[0]?.count ?? 0;
  const unsent = await Promise.all(
    SERVICES.map((service) => count(service, "outbox WHERE id > (SELECT sent_to FROM outbox_position)")),
  );
  return {
    orders: await count("orders", "orders WHERE status IN ('pending_payment', 'confirmed')"),
    operations: await count("payments", "operation WHERE state IN ('pending', 'unknown')"),
    documents: await count(
      "billing",
      "due WHERE fact ->> 'kind' = 'captured' OR EXISTS (SELECT FROM document WHERE order_id = fact ->> 'orderId')",
    ),
    versions:
      (await count("catalog", "publication WHERE snapshot IS NOT NULL AND prepared_at IS NULL")) +
      (await count("catalog", "shown_change WHERE told_at IS NULL")),
    unsent: unsent.reduce((sum, some) => sum + some, 0),
    unheard: await lag(cluster),
  };
}

async function lag({ nats: { url } }: Cluster): Promise<number> {
  const connection = await connect({ servers: url, reconnect: false });
  try {
    const manager = await connection.jetstreamManager();
    let events = 0;
    for await (const { config } of manager.streams.list()) {
      if (!config.name.startsWith(`${NAMESPACE}-`)) continue;
      for await (const consumer of manager.consumers.list(config.name)) {
        // A temporary subscription, such as the harness's own, leaves a consumer that is not durable and that has no reader.
        if (consumer.config.durable_name) events += consumer.num_pending + consumer.num_ack_pending;
      }
    }
    return events;
  } finally {
    await connection.close();
  }
}

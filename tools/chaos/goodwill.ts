import { randomUUID } from "node:crypto";
import type { Cluster } from "./cluster.ts";
import type { Random } from "./random.ts";
import type { Caller } from "./shoppers.ts";

/** Staff give a customer a small part of a payment back. */
export async function refundSomething(cluster: Cluster, staff: Caller, random: Random): Promise<void> {
  const paid = await cluster
    .query<{ payment_id: string }>(
      "payments",
      "SELECT payment_id FROM payment WHERE state = 'captured' AND refunded_minor = 0 AND currency = 'USD' ORDER BY updated_at DESC LIMIT 20",
    )
    .catch(() => []); // the database may just be away
  if (paid.length === 0) return;
  await staff.insist("refund", {
    method: "POST",
    path: `/payments/${random.of(paid).payment_id}/refund`,
    headers: { "idempotency-key": randomUUID() },
    body: { amount: 1, reason: "goodwill" },
  });
}

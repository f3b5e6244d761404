import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { readUntil } from "#test/support/eventually.ts";
import { customer, type Order } from "./payments-harness.ts";
import { stripeHarness } from "./stripe-harness.ts";

const PAIRS = 500;
const AT_ONCE = 50;
const WITHIN_MS = 30_000;
const SPREAD_MS = 300; // at first: the client comes at any moment while the webhook is on its way

test(`${PAIRS} races of webhook against client give ${PAIRS} payments with one charge each`, async () => {
  const opened = await stripeHarness();
  const { harness, stripe } = opened;
  const count = async (from: string) => {
    const [row] = await harness.db.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${from}`);
    return row?.count;
  };
  const become = (from: string, expected: number) =>
    readUntil(
      () => count(from),
      (now) => now === expected,
      WITHIN_MS,
    );
  const processed = async () => {
    await readUntil(
      async () => stripe.undelivered(),
      (left) => left === 0,
      WITHIN_MS,
    );
    await become("notification_work", 0);
  };
  try {
    const orders = Array.from({ length: PAIRS }, () => harness.order(30, "pm_card_authenticationRequired"));
    await harness.publishCreated(...orders);
    await harness.publishReserved(...orders);
    await become("payment WHERE state = 'requires_action'", PAIRS);
    await processed();
    const rows = await harness.db.query<{ order_id: string; payment_id: string }>(
      "SELECT order_id, payment_id FROM payment",
    );
    const paymentIds = new Map(rows.map(({ order_id, payment_id }) => [order_id, payment_id]));
    const won = (winner: "webhook" | "client") =>
      count(
        `operation WHERE kind = 'confirm' AND state = 'succeeded' AND client IS ${winner === "webhook" ? "" : "NOT"} NULL`,
      );
    let spreadMs = SPREAD_MS;
    const race = async (order: Order) => {
      const [intent] = stripe.intentsOf(order.orderId);
      const paymentId = paymentIds.get(order.orderId) ?? "";
      stripe.authenticate(intent?.id ?? "");
      await sleep(Math.random() * spreadMs);
      return harness.call("payments.confirm", { paymentId }, customer(order.customerId), paymentId);
    };
    const answers = [];
    for (let from = 0; from < PAIRS; from += AT_ONCE) {
      answers.push(...(await Promise.all(orders.slice(from, from + AT_ONCE).map(race))));
      // How long a webhook takes depends on the machine.
      if ((await won("webhook")) === 0) spreadMs *= 2;
      if ((await won("client")) === 0) spreadMs /= 2;
    }
    expect(answers).toHaveLength(PAIRS);
    expect(answers.every(({ status }) => status === "authorized")).toBe(true);
    await processed();
    const payments = await harness.db.query<{ order_id: string }>(
      "SELECT order_id FROM payment WHERE state = 'authorized'",
    );
    expect(new Set(payments.map(({ order_id }) => order_id)).size).toBe(PAIRS);
    expect(await count("payment WHERE state <> 'authorized'")).toBe(0);
    const published = await harness.db.query<{ key: string; event_type: string }>(
      "SELECT key, event_type FROM outbox ORDER BY key, sequence",
    );
    const events = Map.groupBy(published, ({ key }) => key);
    for (const { orderId } of orders) {
      expect(stripe.chargesOf(orderId)).toMatchObject([{ held: 3_000, captured: 0 }]);
      expect(events.get(orderId)?.map(({ event_type }) => event_type)).toEqual([
        "PaymentActionRequired",
        "PaymentAuthorized",
      ]);
    }
    // Both have won some races; otherwise nothing raced.
    expect(await won("webhook")).toBeGreaterThan(0);
    expect(await won("client")).toBeGreaterThan(0);
  } finally {
    await opened.stop();
  }
});

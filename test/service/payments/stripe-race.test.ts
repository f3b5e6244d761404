import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { customer, type Order } from "./payments-harness.ts";
import { stripeHarness } from "./stripe-harness.ts";

const PAIRS = 500;
const AT_ONCE = 50;
const SPREAD_MS = 300; // at first: the client comes at any moment while the webhook is on its way

test(`${PAIRS} races of webhook against client give ${PAIRS} payments with one charge each`, async () => {
  const opened = await stripeHarness();
  const { harness, stripe } = opened;
  const processed = () =>
    eventually(async () => {
      expect(stripe.undelivered()).toBe(0);
      expect(await harness.db.query("SELECT payload FROM notification_work")).toEqual([]);
    }, 30_000);
  try {
    const orders = Array.from({ length: PAIRS }, () => harness.order(30, "pm_card_authenticationRequired"));
    await harness.publishCreated(...orders);
    await harness.publishReserved(...orders);
    const waiting = "SELECT 1 FROM payment WHERE state = 'requires_action'";
    await eventually(async () => expect(await harness.db.query(waiting)).toHaveLength(PAIRS), 30_000);
    await processed();
    const won = async (winner: "webhook" | "client") => {
      const condition = winner === "webhook" ? "client IS NULL" : "client IS NOT NULL";
      const operations = `SELECT 1 FROM operation WHERE kind = 'confirm' AND state = 'succeeded' AND ${condition}`;
      return (await harness.db.query(operations)).length;
    };
    let spreadMs = SPREAD_MS;
    const race = async (order: Order) => {
      const [intent] = stripe.intentsOf(order.orderId);
      const { paymentId } = await harness.paymentOf(order);
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
    const payments = await harness.db.query("SELECT order_id FROM payment WHERE state = 'authorized'");
    expect(new Set(payments.map((payment) => (payment as { order_id: string }).order_id)).size).toBe(PAIRS);
    expect(await harness.db.query("SELECT 1 FROM payment WHERE state <> 'authorized'")).toEqual([]);
    for (const { orderId } of orders) {
      expect(stripe.chargesOf(orderId)).toMatchObject([{ held: 3_000, captured: 0 }]);
      const events = (await harness.publishedEvents(orderId)).map(({ eventType }) => eventType);
      expect(events).toEqual(["PaymentActionRequired", "PaymentAuthorized"]);
    }
    // Both have won some races; otherwise nothing raced.
    expect(Math.min(await won("webhook"), await won("client"))).toBeGreaterThan(0);
  } finally {
    await opened.stop();
  }
});

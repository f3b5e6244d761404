import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { isDomainError } from "#lib/contract/errors.ts";
import { sweep } from "#services/commerce/orders/jobs/sweep-deadlines.ts";
import { countStuck } from "#services/commerce/orders/orders.store.ts";
import { advanceOrders, ownInput } from "#services/commerce/orders/steps/advance-orders.ts";
import { payments } from "#services/commerce/payments/contract.ts";
import { inventory } from "#services/logistics/inventory/contract.ts";
import { eventually } from "#test/support/eventually.ts";
import { clerk, type Orders, startOrders } from "./orders-fixture.ts";

const { PaymentAuthorized, PaymentCompleted, PaymentRefunded } = payments.events;

const BUSY_TRIES = 5;
const BUSY_PAUSE_MS = 500;

describe("the order saga", () => {
  let shop: Orders;

  beforeAll(async () => {
    shop = await startOrders();
  });
  afterAll(() => shop.stop());

  /** An order whose events the test publishes itself. */
  const byHand = async () => (await shop.buy({ paymentMethodId: "pm_by_hand" })).orderId;
  /** Retries while the node refuses because too many transactions wait, as on a slow machine. */
  const buyWithRetries = async () => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await shop.buy();
      } catch (error) {
        if (attempt === BUSY_TRIES || !isDomainError(error, "SERVICE_UNAVAILABLE")) throw error;
        await sleep(BUSY_PAUSE_MS);
      }
    }
  };
  const authorize = (orderId: string) =>
    shop.publish(PaymentAuthorized, { ...shop.payment(orderId), status: "authorized" });
  const capture = (orderId: string, totalCaptured = 25) =>
    shop.publish(PaymentCompleted, { ...shop.payment(orderId), status: "captured", totalCaptured });
  const becomes = (orderId: string, expected: object) =>
    eventually(async () => expect(await shop.asAnn("orders.get", { orderId })).toMatchObject(expected));
  const expire = (orderId: string) =>
    shop.db.query("UPDATE orders SET deadline_at = now() - interval '1 second' WHERE order_id = $1", [orderId]);

  test("a purchase is paid, and its timeline shows each step", async () => {
    const { orderId } = await shop.buy();
    expect(await shop.settled(orderId)).toMatchObject({
      orderId,
      status: "paid",
      paymentStatus: "paid",
      totalAmount: 25,
    });
    const { steps } = await shop.asAnn("orders.timeline", { orderId });
    expect(steps.map(({ version }) => version)).toEqual([1, 2, 3, 4]);
    expect(steps.map(({ step, fromStatus, toStatus, service }) => [step, fromStatus, toStatus, service])).toEqual([
      ["OrderCreated", null, "pending_payment", "orders"],
      ["InventoryReserved", "pending_payment", "pending_payment", "inventory"],
      ["PaymentAuthorized", "pending_payment", "confirmed", "payments"],
      ["PaymentCompleted", "confirmed", "paid", "payments"],
    ]);
    const published = await shop.published(orderId);
    expect(published.map(({ type }) => type)).toEqual(["OrderCreated", "OrderStatusChanged", "OrderStatusChanged"]);
    // Each event names the event that it follows from as its cause, and all have the correlation id of the request.
    expect(published.slice(1).map(({ causation_id }) => causation_id)).toEqual([steps[2]?.cause, steps[3]?.cause]);
    expect(new Set(steps.map(({ correlationId }) => correlationId))).toEqual(new Set(["req_1"]));
    expect(steps[3]?.detail).toMatchObject({ amount: 25, currency: "USD", totalCaptured: 25 });
    const times = steps.map(({ at }) => Date.parse(at));
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test("the timeline shows node and warehouse to staff only", async () => {
    const { orderId } = await shop.buy();
    await shop.settled(orderId);
    const ofCustomer = await shop.asAnn("orders.timeline", { orderId });
    const ofStaff = await shop.call(clerk)("orders.timeline", { orderId });
    expect(JSON.stringify(ofCustomer)).not.toMatch(/"node"|warehouse|wh_main/);
    expect(ofCustomer.steps[1]?.detail).toEqual({ lines: [{ sku: "mug-red", quantity: 2 }] });
    expect(ofStaff.steps.every(({ node }) => node)).toBe(true);
    expect(ofStaff.steps[1]?.detail).toEqual({ lines: [{ sku: "mug-red", quantity: 2, warehouseId: "wh_main" }] });
    const hidden = ofStaff.steps.map(({ node: _, detail: __, ...step }) => step);
    expect(ofCustomer.steps.map(({ detail: _, ...step }) => step)).toEqual(hidden);
  });

  test("a payment that another method replaces leaves the order waiting, and its timeline shows it", async () => {
    const { orderId } = await shop.buy({ paymentMethodId: "pm_card_authenticationRequired" });
    expect(await shop.settled(orderId)).toMatchObject({ paymentStatus: "requires_action" });
    await shop.publish(payments.events.PaymentReplaced, { ...shop.payment(orderId), nextPaymentId: "pay_next" });
    await eventually(async () => expect(await shop.steps(orderId)).toContain("PaymentReplaced"));
    expect(await shop.asAnn("orders.get", { orderId })).toMatchObject({ status: "pending_payment" });
    await authorize(orderId);
    await eventually(async () => expect(await shop.settled(orderId)).toMatchObject({ status: "paid" }));
  });

  test("a declined payment cancels the order with the reason", async () => {
    const { orderId } = await shop.buy({ paymentMethodId: "pm_card_chargeDeclined" });
    const reason = "payment_declined:card_declined";
    expect(await shop.settled(orderId)).toMatchObject({ status: "cancelled", paymentStatus: "failed", reason });
    const [, changed, cancelled] = await shop.published(orderId);
    expect(changed?.data).toMatchObject({ previousStatus: "pending_payment", newStatus: "cancelled", reason });
    expect(cancelled).toMatchObject({
      type: "OrderCancelled",
      data: { customerId: "cust_ann", reason, refundAmount: 0, currency: "USD" },
    });
  });

  test("waiting ends when the customer has to confirm the payment", async () => {
    const { orderId } = await shop.buy({ paymentMethodId: "pm_card_authenticationRequired" });
    expect(await shop.settled(orderId)).toMatchObject({ status: "pending_payment", paymentStatus: "requires_action" });
    await authorize(orderId);
    await eventually(async () => expect(await shop.settled(orderId)).toMatchObject({ status: "paid" }));
  });

  test("missing stock cancels the order", async () => {
    const orderId = await byHand();
    const missing = [{ sku: "mug-red", requested: 2, available: 1 }];
    await shop.publish(inventory.events.InventoryRejected, { orderId, reason: "out_of_stock", missing });
    expect(await shop.settled(orderId)).toMatchObject({ status: "cancelled", reason: "out_of_stock" });
    const { steps } = await shop.asAnn("orders.timeline", { orderId });
    expect(steps.at(-1)?.detail).toEqual({ reason: "out_of_stock", missing });
  });

  test("waiting is answered in time, whether or not the order has settled, for many callers", async () => {
    const orderId = await byHand();
    const began = Date.now();
    expect(await shop.settled(orderId, 0.2)).toMatchObject({ status: "pending_payment" });
    expect(Date.now() - began).toBeLessThan(2_000);
    expect(await shop.settled(orderId, 0)).toMatchObject({ status: "pending_payment" });
    const waiting = Array.from({ length: 400 }, () => shop.settled(orderId, 5));
    await authorize(orderId);
    await capture(orderId);
    for (const answer of await Promise.all(waiting)) expect(answer.status).toBe("paid");
    await expect(shop.settled("ord_none", 0.1)).rejects.toMatchObject({ type: "NOT_FOUND" });
  });

  test("two hundred concurrent orders are all paid, and each event is published once", async () => {
    const bought = await Promise.all(Array.from({ length: 200 }, buyWithRetries));
    const settled = await Promise.all(bought.map(({ orderId }) => shop.settled(orderId, 9)));
    expect(settled.filter(({ status }) => status !== "paid")).toEqual([]);
    const rows = await shop.db.query(
      `SELECT key FROM outbox WHERE key = ANY ($1::text[]) GROUP BY key HAVING count(*) <> 3
       UNION ALL SELECT order_id FROM order_history JOIN orders o USING (order_id)
       WHERE order_id = ANY ($1::text[]) GROUP BY order_id HAVING count(*) <> max(o.version)`,
      [bought.map(({ orderId }) => orderId)],
    );
    expect(rows).toEqual([]);
  });

  test("cancelling refunds what was captured, can be repeated, and notes late events", async () => {
    const { orderId } = await shop.buy();
    await shop.settled(orderId);
    const answer = { orderId, status: "cancelled" };
    expect(await shop.asAnn("orders.cancel", { orderId, reason: "changed my mind" })).toEqual(answer);
    expect(await shop.asAnn("orders.cancel", { orderId })).toEqual(answer);
    expect(await shop.asAnn("orders.get", { orderId })).toMatchObject({
      status: "cancelled",
      reason: "changed my mind",
    });
    const cancelled = (await shop.published(orderId)).filter(({ type }) => type === "OrderCancelled");
    expect(cancelled.map(({ data }) => data)).toEqual([
      { orderId, customerId: "cust_ann", reason: "changed my mind", refundAmount: 25, currency: "USD" },
    ]);
    await shop.publish(PaymentRefunded, {
      ...shop.payment(orderId),
      refundId: "re_1",
      reason: "cancelled",
      totalRefunded: 25,
    });
    await becomes(orderId, { status: "cancelled", paymentStatus: "refunded" });
    expect((await shop.steps(orderId)).slice(-2)).toEqual(["CancelRequested > cancelled", "PaymentRefunded"]);
  });

  test("a payment that arrives after the cancellation changes only the history", async () => {
    const orderId = await byHand();
    expect(await shop.call(clerk)("orders.cancel", { orderId })).toEqual({ orderId, status: "cancelled" });
    await authorize(orderId);
    await capture(orderId);
    await becomes(orderId, { status: "cancelled", reason: "requested_by_staff", paymentStatus: "paid" });
    expect(await shop.steps(orderId)).toEqual([
      "OrderCreated > pending_payment",
      "CancelRequested > cancelled",
      "PaymentAuthorized",
      "PaymentCompleted",
    ]);
    expect((await shop.published(orderId)).map(({ type }) => type)).toEqual([
      "OrderCreated",
      "OrderStatusChanged",
      "OrderCancelled",
    ]);
  });

  test("a capture that arrives before its authorisation moves through confirmed", async () => {
    const orderId = await byHand();
    await capture(orderId);
    expect(await shop.settled(orderId)).toMatchObject({ status: "paid" });
    expect((await shop.steps(orderId)).slice(1)).toEqual(["PaymentCompleted > confirmed", "PaymentCompleted > paid"]);
  });

  test("an order cannot be cancelled after the hand-off", async () => {
    const { orderId } = await shop.buy();
    await shop.settled(orderId);
    await shop.db.transaction(shop.ctx.cause, (tx) =>
      advanceOrders(shop.ctx, tx, [ownInput(shop.ctx, orderId, { kind: "ShipmentDispatched" })]),
    );
    await expect(shop.asAnn("orders.cancel", { orderId })).rejects.toMatchObject({
      type: "ORDER_NOT_CANCELLABLE",
      code: 409,
      data: { orderStatus: "shipped" },
    });
    expect(await shop.asAnn("orders.get", { orderId })).toMatchObject({ status: "shipped", shippingStatus: "shipped" });
  });

  test("a passed deadline cancels an unpaid order, and is noted for a stuck capture", async () => {
    const [unpaid, stuck, fresh] = [await byHand(), await byHand(), await byHand()];
    await authorize(stuck);
    await becomes(stuck, { status: "confirmed" });
    await expire(unpaid);
    await expire(stuck);
    await sweep(shop.ctx);
    await sweep(shop.ctx); // finds no further order
    await becomes(unpaid, { status: "cancelled", reason: "payment_deadline" });
    await becomes(fresh, { status: "pending_payment" });
    expect((await shop.steps(stuck)).slice(-2)).toEqual(["PaymentAuthorized > confirmed", "DeadlinePassed"]);
    const due = await shop.db.query<{ order_id: string }>("SELECT order_id FROM orders WHERE deadline_at < now()");
    expect(due).toEqual([]);
    // It has a new deadline, but it still counts as stuck until it moves on.
    expect(await countStuck(shop.db)).toBe(1);
    await capture(stuck);
    await becomes(stuck, { status: "paid" });
    expect(await countStuck(shop.db)).toBe(0);
    await shop.db.query("UPDATE orders SET deadline_at = now() - interval '1 hour' WHERE order_id = $1", [fresh]);
    expect(await countStuck(shop.db)).toBe(1); // overdue orders count also when no sweep runs
    await sweep(shop.ctx);
    expect(await countStuck(shop.db)).toBe(0);
  });

  test("a step shows how often it was tried", async () => {
    const orderId = await byHand();
    await shop.db.query(
      `ALTER TABLE order_history ADD CONSTRAINT trouble CHECK (order_id <> '${orderId}' OR version = 1)`,
    );
    await authorize(orderId);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await shop.db.query("ALTER TABLE order_history DROP CONSTRAINT trouble");
    await becomes(orderId, { status: "confirmed" });
    const { steps } = await shop.asAnn("orders.timeline", { orderId });
    const [created, authorized] = steps.map(({ attempts }) => attempts);
    expect(created).toBe(1);
    expect(authorized).toBeGreaterThan(1);
  });

  test("a crash before the commit changes nothing", async () => {
    const orderId = await byHand();
    const crash = shop.db.transaction(shop.ctx.cause, async (tx) => {
      await advanceOrders(shop.ctx, tx, [ownInput(shop.ctx, orderId, { kind: "CancelRequested", reason: "crash" })]);
      throw new Error("The power is gone.");
    });
    await expect(crash).rejects.toThrow("power");
    await becomes(orderId, { status: "pending_payment" });
    expect(await shop.steps(orderId)).toEqual(["OrderCreated > pending_payment"]);
    expect(await shop.published(orderId)).toHaveLength(1);
  });

  test("an input of an unknown order is an error", async () => {
    const inputs = [ownInput(shop.ctx, "ord_none", { kind: "DeadlinePassed" })];
    await expect(shop.db.transaction(shop.ctx.cause, (tx) => advanceOrders(shop.ctx, tx, inputs))).rejects.toThrow(
      "ord_none",
    );
  });
});

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import pg from "pg";
import type { ServiceContext } from "#mixins/service/context.ts";
import type { OrderMessage } from "#services/commerce/payments/domain/payable.ts";
import type { PaymentsDeps } from "#services/commerce/payments/setup.ts";
import { applyMessages } from "#services/commerce/payments/steps/apply-messages.ts";
import { TEST_CAUSE } from "#test/support/stub-service.ts";
import { type Order, type PaymentsHarness, paymentsHarness } from "./payments-harness.ts";

let harness: PaymentsHarness;

beforeAll(async () => {
  harness = await paymentsHarness();
});
afterAll(() => harness.stop());

test("authorises when the stock is reserved, captures when the order is confirmed", async () => {
  const order = harness.order(200.5);
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  const [authorized] = await harness.awaitEvents(order, "PaymentAuthorized");
  expect(authorized?.data).toMatchObject({
    orderId: order.orderId,
    amount: 200.5,
    currency: "USD",
    status: "authorized",
  });
  expect(authorized?.causationId).toMatch(/^evt_/);
  expect(await harness.paymentOf(order)).toMatchObject({
    status: "authorized",
    amount: 200.5,
    capturedAmount: 0,
    paymentMethod: { type: "card", last4: "4242" },
  });
  await harness.publishConfirmed(order);
  const [, completed] = await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted");
  expect(completed?.data).toMatchObject({ amount: 200.5, totalCaptured: 200.5, status: "captured" });
  expect(await harness.charges(order)).toEqual([
    { held_minor: 0, captured_minor: 20_050, refunded_minor: 0, waiting: false },
  ]);
});

test("a change of status that means nothing to payments leaves no trace", async () => {
  const order = harness.order();
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await harness.awaitEvents(order, "PaymentAuthorized");
  const recorded = () => harness.db.query<{ n: number }>("SELECT count(*)::int AS n FROM inbox");
  const [before] = await recorded();
  await harness.publishStatus(order, "paid");
  await harness.publishConfirmed(order); // later, of the same order
  await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted");
  expect(await recorded()).toEqual([{ n: (before?.n ?? 0) + 1 }]);
});

test("a payment that begins and is cancelled in one transaction is abandoned, and the provider hears nothing", async () => {
  const { orderId, customerId, ...order } = harness.order();
  const { currency, paymentMethodId } = order;
  const created = {
    customerId,
    amountMinor: 20_000,
    currency,
    paymentMethodId,
    country: null,
    tenders: [],
    underReview: false,
  };
  const messages: OrderMessage[] = [
    { kind: "created", orderId, created },
    { kind: "reserved", orderId },
    { kind: "cancelled", orderId, reason: "changed my mind" },
  ];
  const { deps } = harness.broker.getLocalService("payments") as unknown as { deps: PaymentsDeps };
  const env = { CAPTURE_ON: "confirmation" } as ServiceContext["env"];
  await harness.db.transaction(TEST_CAUSE, (tx) =>
    applyMessages(
      { deps, env },
      tx,
      messages.map((message) => ({ message, cause: TEST_CAUSE })),
    ),
  );
  const [voided] = await harness.awaitEvents({ orderId, customerId, ...order }, "PaymentVoided");
  expect(voided?.data).toMatchObject({ amount: 0, reason: "changed my mind" });
  const [operation] = await harness.db.query<{ operation_id: string; answer: object }>(
    "SELECT operation_id, answer FROM operation JOIN payment USING (payment_id) WHERE order_id = $1",
    [orderId],
  );
  expect(operation?.answer).toEqual({ kind: "abandoned" });
  expect(await harness.books.query("SELECT 1 FROM call WHERE idempotency_key = $1", [operation?.operation_id])).toEqual(
    [],
  );
});

test("the reservation may arrive before the order", async () => {
  const order = harness.order();
  await harness.publishReserved(order);
  await harness.publishCreated(order);
  await harness.awaitEvents(order, "PaymentAuthorized");
});

test("a declined method fails the payment, with the provider's code", async () => {
  const order = harness.order(10, "pm_card_chargeDeclinedInsufficientFunds");
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  const [failed] = await harness.awaitEvents(order, "PaymentFailed");
  expect(failed?.data).toMatchObject({ amount: 10, errorCode: "insufficient_funds" });
  expect(await harness.paymentOf(order)).toMatchObject({ status: "failed", declineCode: "insufficient_funds" });
  expect(await harness.charges(order)).toEqual([]);
});

test("a cancel voids the held money", async () => {
  const order = harness.order();
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await harness.awaitEvents(order, "PaymentAuthorized");
  await harness.publishCancelled(order);
  const [, voided] = await harness.awaitEvents(order, "PaymentAuthorized", "PaymentVoided");
  expect(voided?.data).toMatchObject({ amount: 200, reason: "requested_by_customer" });
  expect(await harness.charges(order)).toMatchObject([{ held_minor: 0, captured_minor: 0 }]);
});

test("a cancel refunds the captured money", async () => {
  const order = harness.order();
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await harness.awaitEvents(order, "PaymentAuthorized");
  await harness.publishConfirmed(order);
  await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted");
  await harness.publishCancelled(order);
  const events = await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted", "PaymentRefunded");
  expect(events[2]?.data).toMatchObject({ amount: 200, totalRefunded: 200, refundId: expect.stringMatching(/^ref_/) });
  expect(await harness.paymentOf(order)).toMatchObject({ status: "refunded", refundedAmount: 200 });
});

test("a cancel that arrives first prevents the charge", async () => {
  const order = harness.order();
  const other = harness.order();
  await harness.publishCancelled(order);
  await harness.publishCreated(order, other);
  await harness.publishReserved(order, other);
  await harness.awaitEvents(other, "PaymentAuthorized"); // the same batches, so the first order was applied as well
  expect(await harness.publishedEvents(order.orderId)).toEqual([]);
  expect(await harness.charges(order)).toEqual([]);
});

test("a payment continues after the customer's action", async () => {
  const order = harness.order(30, "pm_card_authenticationRequired");
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  const [asked] = await harness.awaitEvents(order, "PaymentActionRequired");
  expect(asked?.data).toMatchObject({ action: { type: "redirect", url: expect.stringContaining("https://") } });
  const { paymentId } = await harness.paymentOf(order);
  const stranger = { kind: "customer", customerId: "cust_stranger" } as const;
  await expect(harness.call("payments.confirm", { paymentId }, stranger)).rejects.toMatchObject({ type: "NOT_FOUND" });
  const owner = { kind: "customer", customerId: order.customerId } as const;
  expect(await harness.call("payments.confirm", { paymentId }, owner, "key-1")).toMatchObject({
    status: "authorized",
    amount: 30,
  });
  expect(await harness.call("payments.confirm", { paymentId }, owner)).toMatchObject({ status: "authorized" }); // twice is fine
  await harness.awaitEvents(order, "PaymentActionRequired", "PaymentAuthorized");
});

test("a cancel ends the wait for the customer", async () => {
  const order = harness.order(30, "pm_card_authenticationRequired");
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await harness.awaitEvents(order, "PaymentActionRequired");
  await harness.publishCancelled(order);
  await harness.awaitEvents(order, "PaymentActionRequired", "PaymentVoided");
  expect(await harness.charges(order)).toMatchObject([{ waiting: false, held_minor: 0 }]);
});

test("an order that costs nothing takes the same path", async () => {
  const order = harness.order(0);
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await harness.awaitEvents(order, "PaymentAuthorized");
  await harness.publishConfirmed(order);
  const [, completed] = await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted");
  expect(completed?.data).toMatchObject({ amount: 0, totalCaptured: 0 });
});

test("charges hundreds of simultaneous orders once each, in far fewer transactions", async () => {
  const orders = Array.from({ length: 300 }, () => harness.order(12));
  await harness.publishCreated(...orders);
  await harness.publishReserved(...orders);
  await harness.awaitEvents(orders[299] as Order, "PaymentAuthorized");
  await Promise.all(orders.map((order) => harness.awaitEvents(order, "PaymentAuthorized")));
  expect(await harness.books.query("SELECT count(*) AS n FROM charge WHERE amount_minor = 1200")).toEqual([{ n: 300 }]);
  // Rows written together carry the same transaction's number: by the consumer, the provider, and the result.
  const [written] = await harness.db.query<{ commits: number }>(
    `SELECT (SELECT count(DISTINCT seen.xmin::text) FROM payable seen JOIN payment USING (order_id) WHERE payment.amount_minor = 1200)
          + (SELECT count(DISTINCT done.xmin::text) FROM operation done WHERE amount_minor = 1200) AS commits`,
  );
  const [asked] = await harness.books.query<{ commits: number }>(
    "SELECT count(DISTINCT xmin::text) AS commits FROM call WHERE amount_minor = 1200",
  );
  expect((written?.commits ?? 0) + (asked?.commits ?? 0)).toBeLessThan(75); // one in four; about one in ten on an idle machine
});

test("claims new operations by their ids, because Postgres keeps rows that were due as long as its oldest transaction", async () => {
  const busy = await paymentsHarness({ timings: { pollMs: 600_000 } });
  const orders = Array.from({ length: 5 }, () => busy.order());
  for (const order of orders) {
    await busy.publishCreated(order);
    await busy.publishReserved(order);
    await busy.awaitEvents(order, "PaymentAuthorized");
    await busy.publishConfirmed(order);
    await busy.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted");
  }
  await busy.stop(); // sessions report their statistics when they end
  const client = new pg.Client({ connectionString: busy.databaseUrl });
  await client.connect();
  const { rows } = await client.query(
    "SELECT indexrelname AS name, idx_scan::int AS scans FROM pg_stat_user_indexes WHERE relname = 'operation'",
  );
  await client.end();
  const scans = Object.fromEntries(rows.map(({ name, scans }) => [name, scans]));
  expect(scans.operation_due).toBeLessThan(orders.length);
  expect(scans.operation_live).toBeLessThan(orders.length);
  expect(scans.operation_pkey).toBeGreaterThan(orders.length);
});

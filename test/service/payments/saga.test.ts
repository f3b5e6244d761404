import { afterAll, beforeAll, expect, test } from "@jest/globals";
import pg from "pg";
import { type Order, openTill, type Till } from "./payments-harness.ts";

let till: Till;

beforeAll(async () => {
  till = await openTill();
});
afterAll(() => till.stop());

test("authorises when the stock is reserved, captures when the order is confirmed", async () => {
  const order = till.order(200.5);
  await till.created(order);
  await till.reserved(order);
  const [authorized] = await till.hears(order, "PaymentAuthorized");
  expect(authorized?.data).toMatchObject({
    orderId: order.orderId,
    amount: 200.5,
    currency: "USD",
    status: "authorized",
  });
  expect(authorized?.causationId).toMatch(/^evt_/);
  expect(await till.paymentOf(order)).toMatchObject({
    status: "authorized",
    amount: 200.5,
    capturedAmount: 0,
    paymentMethod: { type: "card", last4: "4242" },
  });
  await till.confirmed(order);
  const [, completed] = await till.hears(order, "PaymentAuthorized", "PaymentCompleted");
  expect(completed?.data).toMatchObject({ amount: 200.5, totalCaptured: 200.5, status: "captured" });
  expect(await till.charges(order)).toEqual([
    { held_minor: 0, captured_minor: 20_050, refunded_minor: 0, waiting: false },
  ]);
});

test("the stock may be reserved before the order is heard of", async () => {
  const order = till.order();
  await till.reserved(order);
  await till.created(order);
  await till.hears(order, "PaymentAuthorized");
});

test("a declined method fails the payment, with the provider's code", async () => {
  const order = till.order(10, "pm_card_chargeDeclinedInsufficientFunds");
  await till.created(order);
  await till.reserved(order);
  const [failed] = await till.hears(order, "PaymentFailed");
  expect(failed?.data).toMatchObject({ amount: 10, errorCode: "insufficient_funds" });
  expect(await till.paymentOf(order)).toMatchObject({ status: "failed", declineCode: "insufficient_funds" });
  expect(await till.charges(order)).toEqual([]);
});

test("a cancel voids what is held", async () => {
  const order = till.order();
  await till.created(order);
  await till.reserved(order);
  await till.hears(order, "PaymentAuthorized");
  await till.cancelled(order);
  const [, voided] = await till.hears(order, "PaymentAuthorized", "PaymentVoided");
  expect(voided?.data).toMatchObject({ amount: 200, reason: "requested_by_customer" });
  expect(await till.charges(order)).toMatchObject([{ held_minor: 0, captured_minor: 0 }]);
});

test("a cancel refunds what is captured", async () => {
  const order = till.order();
  await till.created(order);
  await till.reserved(order);
  await till.hears(order, "PaymentAuthorized");
  await till.confirmed(order);
  await till.hears(order, "PaymentAuthorized", "PaymentCompleted");
  await till.cancelled(order);
  const events = await till.hears(order, "PaymentAuthorized", "PaymentCompleted", "PaymentRefunded");
  expect(events[2]?.data).toMatchObject({ amount: 200, totalRefunded: 200, refundId: expect.stringMatching(/^ref_/) });
  expect(await till.paymentOf(order)).toMatchObject({ status: "refunded", refundedAmount: 200 });
});

test("a cancel that comes first keeps the order from being charged", async () => {
  const order = till.order();
  const other = till.order();
  await till.cancelled(order);
  await till.created(order, other);
  await till.reserved(order, other);
  await till.hears(other, "PaymentAuthorized"); // the same batches, so the first has had its chance
  expect(await till.told(order.orderId)).toEqual([]);
  expect(await till.charges(order)).toEqual([]);
});

test("a customer's action lets the payment go on", async () => {
  const order = till.order(30, "pm_card_authenticationRequired");
  await till.created(order);
  await till.reserved(order);
  const [asked] = await till.hears(order, "PaymentActionRequired");
  expect(asked?.data).toMatchObject({ action: { type: "redirect", url: expect.stringContaining("https://") } });
  const { paymentId } = await till.paymentOf(order);
  const stranger = { kind: "customer", customerId: "cust_stranger" } as const;
  await expect(till.call("payments.confirm", { paymentId }, stranger)).rejects.toMatchObject({ type: "NOT_FOUND" });
  const owner = { kind: "customer", customerId: order.customerId } as const;
  expect(await till.call("payments.confirm", { paymentId }, owner, "key-1")).toMatchObject({
    status: "authorized",
    amount: 30,
  });
  expect(await till.call("payments.confirm", { paymentId }, owner)).toMatchObject({ status: "authorized" }); // twice is fine
  await till.hears(order, "PaymentActionRequired", "PaymentAuthorized");
});

test("a cancel ends the wait for the customer", async () => {
  const order = till.order(30, "pm_card_authenticationRequired");
  await till.created(order);
  await till.reserved(order);
  await till.hears(order, "PaymentActionRequired");
  await till.cancelled(order);
  await till.hears(order, "PaymentActionRequired", "PaymentVoided");
  expect(await till.charges(order)).toMatchObject([{ waiting: false, held_minor: 0 }]);
});

test("an order that costs nothing goes the same way", async () => {
  const order = till.order(0);
  await till.created(order);
  await till.reserved(order);
  await till.hears(order, "PaymentAuthorized");
  await till.confirmed(order);
  const [, completed] = await till.hears(order, "PaymentAuthorized", "PaymentCompleted");
  expect(completed?.data).toMatchObject({ amount: 0, totalCaptured: 0 });
});

test("hundreds of orders at once are each charged once, in far fewer transactions", async () => {
  const orders = Array.from({ length: 300 }, () => till.order(12));
  await till.created(...orders);
  await till.reserved(...orders);
  await till.hears(orders[299] as Order, "PaymentAuthorized");
  await Promise.all(orders.map((order) => till.hears(order, "PaymentAuthorized")));
  expect(await till.db.query("SELECT count(*) AS n FROM test_provider_charge WHERE amount_minor = 1200")).toEqual([
    { n: 300 },
  ]);
  // Rows written together carry the same transaction's number: by the consumer, the provider, and the result.
  const [written] = await till.db.query<{ commits: number }>(
    `SELECT (SELECT count(DISTINCT seen.xmin::text) FROM payable seen JOIN payment USING (order_id) WHERE payment.amount_minor = 1200)
          + (SELECT count(DISTINCT called.xmin::text) FROM test_provider_call called WHERE amount_minor = 1200)
          + (SELECT count(DISTINCT done.xmin::text) FROM operation done WHERE amount_minor = 1200) AS commits`,
  );
  expect(written?.commits).toBeLessThan(75); // one in four; about one in ten on an idle machine
});

test("what is new is taken up by its id: Postgres keeps what was due for as long as its oldest transaction", async () => {
  const busy = await openTill({ timings: { pollMs: 600_000 } });
  const orders = Array.from({ length: 5 }, () => busy.order());
  for (const order of orders) {
    await busy.created(order);
    await busy.reserved(order);
    await busy.hears(order, "PaymentAuthorized");
    await busy.confirmed(order);
    await busy.hears(order, "PaymentAuthorized", "PaymentCompleted");
  }
  await busy.stop(); // sessions that end tell what they did
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

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { ServiceContext } from "#mixins/service/context.ts";
import { reconcileProvider } from "#services/commerce/payments/jobs/reconcile.ts";
import type { PaymentsDeps } from "#services/commerce/payments/setup.ts";
import { TEST_CAUSE } from "#test/support/stub-service.ts";
import { type Order, type PaymentsHarness, paymentsHarness, staff } from "./payments-harness.ts";

const DAY_MS = 86_400_000;

let harness: PaymentsHarness;
let ctx: ServiceContext<PaymentsDeps>;
beforeAll(async () => {
  harness = await paymentsHarness();
  const { deps, logger } = harness.broker.getLocalService("payments") as unknown as {
    deps: PaymentsDeps;
    logger: ServiceContext["log"];
  };
  ctx = { db: harness.db, deps, cause: TEST_CAUSE, log: logger } as typeof ctx;
});
afterAll(() => harness.stop());

function reconcile() {
  const [provider] = ctx.deps.providers.all;
  if (!provider) throw new Error("There is no provider.");
  return reconcileProvider(ctx, provider, {
    from: new Date(Date.now() - DAY_MS),
    until: new Date(Date.now() + DAY_MS),
  });
}

async function captured(): Promise<Order> {
  const order = harness.order();
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await harness.awaitEvents(order, "PaymentAuthorized"); // an order is confirmed by it
  await harness.publishConfirmed(order);
  await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted");
  return order;
}

const atProvider = (order: Order, change: string) =>
  harness.books.query(`UPDATE charge SET ${change} WHERE order_id = $1`, [order.orderId]);

test("finds nothing where both agree", async () => {
  await captured();
  const { compared, looked } = await reconcile();
  expect(compared).toBeGreaterThan(0);
  expect(looked).toBe(0);
});

test("a refund that somebody made at the provider becomes ours, once", async () => {
  const order = await captured();
  await atProvider(order, "refunded_minor = 5000");
  await reconcile();
  await reconcile();
  const events = await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted", "PaymentRefunded");
  expect(events.at(-1)?.data).toMatchObject({ amount: 50, totalRefunded: 50, reason: "refunded_at_provider" });
  expect(await harness.paymentOf(order)).toMatchObject({ refundedAmount: 50 });
});

test("a refund that came back is not counted any more", async () => {
  const order = await captured();
  const { paymentId } = await harness.paymentOf(order);
  await harness.call("payments.refund", { paymentId, amount: 200, reason: "late" }, staff);
  await atProvider(order, "refunded_minor = 0");
  await reconcile();
  const types = ["PaymentAuthorized", "PaymentCompleted", "PaymentRefunded", "PaymentRefundFailed"];
  const events = await harness.awaitEvents(order, ...types);
  expect(events.at(-1)?.data).toMatchObject({ amount: 200, totalRefunded: 0 });
  expect(await harness.paymentOf(order)).toMatchObject({ status: "captured", refundedAmount: 0 });
});

test("a hold that the provider has released ends the payment", async () => {
  const order = harness.order();
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await harness.awaitEvents(order, "PaymentAuthorized");
  await atProvider(order, "held_minor = 0");
  await reconcile();
  const events = await harness.awaitEvents(order, "PaymentAuthorized", "PaymentVoided");
  expect(events.at(-1)?.data).toMatchObject({ amount: 200, reason: "released_by_provider" });
});

test("what nobody can repair is listed until it agrees again", async () => {
  const order = await captured();
  await atProvider(order, "captured_minor = 1");
  await harness.books.query(
    `INSERT INTO charge (charge_id, order_id, last4, currency, amount_minor, waiting, held_minor)
     VALUES ('test_charge_of_nobody', 'ord_of_nobody', '4242', 'USD', 100, false, 100)`,
  );
  await reconcile();
  const { differences, pagination } = await harness.call("payments.listDifferences", {}, staff);
  expect(pagination.total).toBe(2);
  expect(differences).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ orderId: order.orderId, wrong: expect.stringContaining("20000 was captured") }),
      expect.objectContaining({ orderId: "ord_of_nobody", wrong: "no payment knows of this charge" }),
    ]),
  );
  expect(await harness.publishedEvents(order.orderId)).toHaveLength(2);
  await atProvider(order, "captured_minor = 20000");
  await harness.books.query("UPDATE charge SET held_minor = 0 WHERE order_id = 'ord_of_nobody'");
  await reconcile();
  expect((await harness.call("payments.listDifferences", {}, staff)).pagination.total).toBe(0);
});

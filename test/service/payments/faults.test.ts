import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { FailPoints, failPointsOf } from "#lib/fault-injection/fail-points.ts";
import { OPERATION_KINDS } from "#services/commerce/payments/domain/operation.ts";
import { failingProvider, plannedFault } from "#services/commerce/payments/providers/failing-provider.ts";
import { type Fault, TestProvider } from "#services/commerce/payments/providers/test-provider.ts";
import { booksPlace, openBooks } from "#services/commerce/payments/providers/test-provider-books.ts";
import { eventually } from "#test/support/eventually.ts";
import { type Order, type PaymentsHarness, paymentsHarness, staff } from "./payments-harness.ts";

let harness: PaymentsHarness;

beforeAll(async () => {
  harness = await paymentsHarness({ timings: { timeoutMs: 250, waitMs: 600, leaseMs: 1_000 } });
});
afterEach(() => {
  harness.faults.next = () => undefined;
});
afterAll(() => harness.stop());

/** Gives the next calls for this order these faults, in turn; later calls succeed. */
function failing(order: Order, ...faults: (Fault | undefined)[]): void {
  harness.faults.next = ({ request }) => (request.orderId === order.orderId ? faults.shift() : undefined);
}

const onceCharged = (order: Order) => expect(harness.charges(order)).resolves.toHaveLength(1);

test("finds a charge whose answer was lost by its key, and charges once", async () => {
  const order = harness.order();
  failing(order, "loseAnswer");
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await harness.awaitEvents(order, "PaymentAuthorized");
  await onceCharged(order);
});

test("retries while the provider is down, until it answers", async () => {
  const order = harness.order();
  failing(order, "fail", "fail", undefined, "fail");
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await harness.awaitEvents(order, "PaymentAuthorized");
  await onceCharged(order);
});

test("answers 503 while the provider is silent, settles later, and answers the same key with the result", async () => {
  const order = harness.order();
  failing(order, "doAndHang", "hang", "hang", "hang");
  await harness.publishCreated(order);
  await expect(harness.authorize(order, undefined, "pay-1")).rejects.toMatchObject({
    type: "PROVIDER_UNAVAILABLE",
    code: 503,
    data: { retryAfterSeconds: expect.any(Number) },
  });
  await harness.awaitEvents(order, "PaymentAuthorized");
  expect(await harness.authorize(order, undefined, "pay-1")).toMatchObject({ status: "authorized" });
  expect(await harness.authorize(order)).toMatchObject({ status: "authorized" });
  await onceCharged(order);
});

/** The generations of the keys under which the operations of an order ended. */
const generations = (order: Order) =>
  harness.db.query(
    "SELECT kind, generation FROM operation JOIN payment USING (payment_id) WHERE order_id = $1 ORDER BY operation.created_at",
    [order.orderId],
  );

test("continues under the next key after a stored failure has settled, and charges once", async () => {
  const order = harness.order();
  failing(order, "keepFailure");
  const began = performance.now();
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await harness.awaitEvents(order, "PaymentAuthorized");
  expect(performance.now() - began).toBeGreaterThan(300); // settlingMs
  await onceCharged(order);
  expect(await generations(order)).toEqual([{ kind: "authorize", generation: 1 }]);
});

test("finds the charge behind a stored failure, and charges once", async () => {
  const order = harness.order();
  failing(order, "doAndKeepFailure", "fail", "fail");
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await harness.awaitEvents(order, "PaymentAuthorized");
  await onceCharged(order);
  expect(await generations(order)).toEqual([{ kind: "authorize", generation: 0 }]);
});

test("captures and refunds once after stored failures of several keys", async () => {
  const order = harness.order();
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await harness.awaitEvents(order, "PaymentAuthorized");
  failing(order, "keepFailure", undefined, undefined, undefined, "keepFailure");
  await harness.publishConfirmed(order);
  await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted");
  failing(order, "doAndKeepFailure");
  await harness.publishCancelled(order);
  await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted", "PaymentRefunded");
  expect(await harness.charges(order)).toMatchObject([{ captured_minor: 20_000, refunded_minor: 20_000 }]);
  expect(await generations(order)).toEqual([
    { kind: "authorize", generation: 0 },
    { kind: "capture", generation: 2 },
    { kind: "refund", generation: 0 },
  ]);
});

test("charges nothing when the order is cancelled while its key is spent", async () => {
  const order = harness.order();
  failing(order, "keepFailure");
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await eventually(async () =>
    expect(
      await harness.db.query(
        "SELECT 1 FROM operation JOIN payment USING (payment_id) WHERE order_id = $1 AND key_spent_at IS NOT NULL",
        [order.orderId],
      ),
    ).toHaveLength(1),
  );
  await harness.publishCancelled(order);
  await harness.awaitEvents(order, "PaymentVoided");
  expect(await harness.charges(order)).toEqual([]);
});

test("a call that hangs delays no other operation", async () => {
  const slow = harness.order();
  const quick = Array.from({ length: 20 }, () => harness.order());
  failing(slow, "hang", "hang", "hang");
  await harness.publishCreated(slow, ...quick);
  await harness.publishReserved(slow, ...quick);
  await Promise.all(quick.map((order) => harness.awaitEvents(order, "PaymentAuthorized")));
  expect(await harness.publishedEvents(slow.orderId)).toEqual([]);
  await harness.awaitEvents(slow, "PaymentAuthorized");
});

test("voids an authorisation that arrives after the cancel", async () => {
  const order = harness.order();
  failing(order, "doAndHang");
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await eventually(() => onceCharged(order));
  await harness.publishCancelled(order);
  await harness.awaitEvents(order, "PaymentVoided");
  expect(await harness.charges(order)).toMatchObject([{ held_minor: 0, captured_minor: 0 }]);
  expect(await harness.paymentOf(order)).toMatchObject({ status: "voided" });
});

test("refunds a capture that arrives after the cancel", async () => {
  const order = harness.order();
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await harness.awaitEvents(order, "PaymentAuthorized");
  failing(order, "loseAnswer", "hang");
  await harness.publishConfirmed(order);
  await eventually(async () => expect(await harness.charges(order)).toMatchObject([{ captured_minor: 20_000 }]));
  await harness.publishCancelled(order);
  await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted", "PaymentRefunded");
  expect(await harness.charges(order)).toMatchObject([{ captured_minor: 20_000, refunded_minor: 20_000 }]);
});

test("makes a refund whose answer is lost once", async () => {
  const order = harness.order();
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await harness.awaitEvents(order, "PaymentAuthorized");
  await harness.publishConfirmed(order);
  await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted");
  failing(order, "loseAnswer");
  const { paymentId } = await harness.paymentOf(order);
  const refund = () => harness.call("payments.refund", { paymentId, amount: 50, reason: "late" }, staff, "refund-1");
  const answer = await refund(); // the retry succeeds while the client waits
  expect(await refund()).toEqual(answer);
  expect(await harness.charges(order)).toMatchObject([{ refunded_minor: 5_000 }]);
});

test("charges a customer who retries while the provider is silent once", async () => {
  const order = harness.order();
  failing(order, "doAndHang", "hang", "hang");
  await harness.publishCreated(order);
  const attempts = await Promise.allSettled(
    Array.from({ length: 6 }, (_, i) =>
      harness.authorize(order, i % 2 ? "pm_card_visa" : "pm_card_mastercard", `key-${i}`),
    ),
  );
  for (const attempt of attempts) {
    if (attempt.status === "rejected") expect(attempt.reason).toMatchObject({ type: "PROVIDER_UNAVAILABLE" });
  }
  await harness.awaitEvents(order, "PaymentAuthorized");
  await onceCharged(order);
});

test("charges once when fail points make the provider lose an answer and store a failure", async () => {
  const boundaries = { publishes: [], consumes: [], commits: [], jobs: [], asks: OPERATION_KINDS };
  const plan = "payments.authorize.provider-keeps-failure:throw*1,payments.capture.after-provider:throw*1";
  const points = new FailPoints(plan, failPointsOf("payments", boundaries));
  const failing = await paymentsHarness({
    provider: ({ db }) =>
      failingProvider(
        new TestProvider({ books: openBooks(booksPlace(db.place)), fault: (call) => plannedFault(points, call) }),
        points,
      ),
  });
  try {
    const order = failing.order();
    await failing.publishCreated(order);
    await failing.publishReserved(order);
    await failing.awaitEvents(order, "PaymentAuthorized");
    await failing.publishConfirmed(order);
    await failing.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted");
    expect(await failing.charges(order)).toMatchObject([{ held_minor: 0, captured_minor: 20_000 }]);
    const operations = await failing.db.query("SELECT kind, generation, attempts FROM operation ORDER BY created_at");
    expect(operations).toEqual([
      { kind: "authorize", generation: 1, attempts: 4 }, // failed, repeated the failure, got a new key, succeeded
      { kind: "capture", generation: 0, attempts: 2 },
    ]);
  } finally {
    await failing.stop();
  }
});

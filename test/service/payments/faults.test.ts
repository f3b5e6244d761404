import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { FailPoints, failPointsOf } from "#lib/fault-injection/fail-points.ts";
import { OPERATION_KINDS } from "#services/commerce/payments/domain/operation.ts";
import { failingProvider, plannedFault } from "#services/commerce/payments/providers/failing-provider.ts";
import { type Fault, TestProvider } from "#services/commerce/payments/providers/test-provider.ts";
import { eventually } from "#test/support/eventually.ts";
import { type Order, openTill, staff, type Till } from "./payments-harness.ts";

let till: Till;

beforeAll(async () => {
  till = await openTill({ timings: { timeoutMs: 250, waitMs: 600, leaseMs: 1_000 } });
});
afterEach(() => {
  till.faults.next = () => undefined;
});
afterAll(() => till.stop());

/** The next calls of this order go wrong like this, in turn; then all is well. */
function failing(order: Order, ...faults: (Fault | undefined)[]): void {
  till.faults.next = ({ request }) => (request.orderId === order.orderId ? faults.shift() : undefined);
}

const onceCharged = (order: Order) => expect(till.charges(order)).resolves.toHaveLength(1);

test("charged, but the answer was lost: found by its key, charged once", async () => {
  const order = till.order();
  failing(order, "loseAnswer");
  await till.created(order);
  await till.reserved(order);
  await till.hears(order, "PaymentAuthorized");
  await onceCharged(order);
});

test("the provider is down for a while: asked again until it answers", async () => {
  const order = till.order();
  failing(order, "fail", "fail", undefined, "fail");
  await till.created(order);
  await till.reserved(order);
  await till.hears(order, "PaymentAuthorized");
  await onceCharged(order);
});

test("charged and silent: the client gets 503, the recovery settles it, the same key gets the answer", async () => {
  const order = till.order();
  failing(order, "doAndHang", "hang", "hang", "hang");
  await till.created(order);
  await expect(till.authorize(order, undefined, "pay-1")).rejects.toMatchObject({
    type: "PROVIDER_UNAVAILABLE",
    code: 503,
    data: { retryAfterSeconds: expect.any(Number) },
  });
  await till.hears(order, "PaymentAuthorized");
  expect(await till.authorize(order, undefined, "pay-1")).toMatchObject({ status: "authorized" });
  expect(await till.authorize(order)).toMatchObject({ status: "authorized" });
  await onceCharged(order);
});

/** Under which of its keys an operation ended. */
const generations = (order: Order) =>
  till.db.query(
    "SELECT kind, generation FROM operation JOIN payment USING (payment_id) WHERE order_id = $1 ORDER BY operation.created_at",
    [order.orderId],
  );

test("a failure that the provider keeps: under the next key when it has settled, charged once", async () => {
  const order = till.order();
  failing(order, "keepFailure");
  const began = performance.now();
  await till.created(order);
  await till.reserved(order);
  await till.hears(order, "PaymentAuthorized");
  expect(performance.now() - began).toBeGreaterThan(300); // settlingMs
  await onceCharged(order);
  expect(await generations(order)).toEqual([{ kind: "authorize", generation: 1 }]);
});

test("a failure that the provider keeps though it charged: found, charged once", async () => {
  const order = till.order();
  failing(order, "doAndKeepFailure", "fail", "fail");
  await till.created(order);
  await till.reserved(order);
  await till.hears(order, "PaymentAuthorized");
  await onceCharged(order);
  expect(await generations(order)).toEqual([{ kind: "authorize", generation: 0 }]);
});

test("failures kept under one key after the other, by a capture and a refund: each made once", async () => {
  const order = till.order();
  await till.created(order);
  await till.reserved(order);
  await till.hears(order, "PaymentAuthorized");
  failing(order, "keepFailure", undefined, undefined, undefined, "keepFailure");
  await till.confirmed(order);
  await till.hears(order, "PaymentAuthorized", "PaymentCompleted");
  failing(order, "doAndKeepFailure");
  await till.cancelled(order);
  await till.hears(order, "PaymentAuthorized", "PaymentCompleted", "PaymentRefunded");
  expect(await till.charges(order)).toMatchObject([{ captured_minor: 20_000, refunded_minor: 20_000 }]);
  expect(await generations(order)).toEqual([
    { kind: "authorize", generation: 0 },
    { kind: "capture", generation: 2 },
    { kind: "refund", generation: 0 },
  ]);
});

test("a spent key of an order that was cancelled meanwhile: nothing is charged at all", async () => {
  const order = till.order();
  failing(order, "keepFailure");
  await till.created(order);
  await till.reserved(order);
  await eventually(async () =>
    expect(
      await till.db.query(
        "SELECT 1 FROM operation JOIN payment USING (payment_id) WHERE order_id = $1 AND key_spent_at IS NOT NULL",
        [order.orderId],
      ),
    ).toHaveLength(1),
  );
  await till.cancelled(order);
  await till.hears(order, "PaymentVoided");
  expect(await till.charges(order)).toEqual([]);
});

test("one that hangs delays nobody else", async () => {
  const slow = till.order();
  const quick = Array.from({ length: 20 }, () => till.order());
  failing(slow, "hang", "hang", "hang");
  await till.created(slow, ...quick);
  await till.reserved(slow, ...quick);
  await Promise.all(quick.map((order) => till.hears(order, "PaymentAuthorized")));
  expect(await till.told(slow.orderId)).toEqual([]);
  await till.hears(slow, "PaymentAuthorized");
});

test("a cancel that crosses an authorisation: what arrives after it is voided", async () => {
  const order = till.order();
  failing(order, "doAndHang");
  await till.created(order);
  await till.reserved(order);
  await eventually(() => onceCharged(order));
  await till.cancelled(order);
  await till.hears(order, "PaymentVoided");
  expect(await till.charges(order)).toMatchObject([{ held_minor: 0, captured_minor: 0 }]);
  expect(await till.paymentOf(order)).toMatchObject({ status: "voided" });
});

test("a cancel that crosses a capture: what was taken goes back", async () => {
  const order = till.order();
  await till.created(order);
  await till.reserved(order);
  await till.hears(order, "PaymentAuthorized");
  failing(order, "loseAnswer", "hang");
  await till.confirmed(order);
  await eventually(async () => expect(await till.charges(order)).toMatchObject([{ captured_minor: 20_000 }]));
  await till.cancelled(order);
  await till.hears(order, "PaymentAuthorized", "PaymentCompleted", "PaymentRefunded");
  expect(await till.charges(order)).toMatchObject([{ captured_minor: 20_000, refunded_minor: 20_000 }]);
});

test("a refund whose answer is lost is made once", async () => {
  const order = till.order();
  await till.created(order);
  await till.reserved(order);
  await till.hears(order, "PaymentAuthorized");
  await till.confirmed(order);
  await till.hears(order, "PaymentAuthorized", "PaymentCompleted");
  failing(order, "loseAnswer");
  const { paymentId } = await till.paymentOf(order);
  const refund = () => till.call("payments.refund", { paymentId, amount: 50, reason: "late" }, staff, "refund-1");
  const answer = await refund(); // the recovery is faster than the client's patience
  expect(await refund()).toEqual(answer);
  expect(await till.charges(order)).toMatchObject([{ refunded_minor: 5_000 }]);
});

test("a customer who retries while the provider is silent is not charged twice", async () => {
  const order = till.order();
  failing(order, "doAndHang", "hang", "hang");
  await till.created(order);
  const attempts = await Promise.allSettled(
    Array.from({ length: 6 }, (_, i) =>
      till.authorize(order, i % 2 ? "pm_card_visa" : "pm_card_mastercard", `key-${i}`),
    ),
  );
  for (const attempt of attempts) {
    if (attempt.status === "rejected") expect(attempt.reason).toMatchObject({ type: "PROVIDER_UNAVAILABLE" });
  }
  await till.hears(order, "PaymentAuthorized");
  await onceCharged(order);
});

test("fail points make the provider lose an answer, and keep a failure: charged once", async () => {
  const doings = { publishes: [], consumes: [], commits: [], jobs: [], asks: OPERATION_KINDS };
  const plan = "payments.authorize.provider-keeps-failure:throw*1,payments.capture.after-provider:throw*1";
  const points = new FailPoints(plan, failPointsOf("payments", doings));
  const failing = await openTill({
    provider: ({ db }) =>
      failingProvider(new TestProvider({ db, fault: (call) => plannedFault(points, call) }), points),
  });
  try {
    const order = failing.order();
    await failing.created(order);
    await failing.reserved(order);
    await failing.hears(order, "PaymentAuthorized");
    await failing.confirmed(order);
    await failing.hears(order, "PaymentAuthorized", "PaymentCompleted");
    expect(await failing.charges(order)).toMatchObject([{ held_minor: 0, captured_minor: 20_000 }]);
    const operations = await failing.db.query("SELECT kind, generation, attempts FROM operation ORDER BY created_at");
    expect(operations).toEqual([
      { kind: "authorize", generation: 1, attempts: 4 }, // failed, repeated, given a new key, done
      { kind: "capture", generation: 0, attempts: 2 },
    ]);
  } finally {
    await failing.stop();
  }
});

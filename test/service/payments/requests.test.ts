import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { customer, type Order, type PaymentsHarness, paymentsHarness, staff } from "./payments-harness.ts";

let harness: PaymentsHarness;

beforeAll(async () => {
  harness = await paymentsHarness({ captureOn: "handoff" });
});
afterAll(() => harness.stop());

/** An order whose total is held. */
async function authorized(total = 100): Promise<{ order: Order; paymentId: string }> {
  const order = harness.order(total);
  await harness.publishCreated(order);
  const { paymentId } = await harness.authorize(order);
  return { order, paymentId };
}

const cancelApplied = ({ orderId }: Order) =>
  eventually(async () => {
    const known = await harness.db.query("SELECT cancelled FROM payable WHERE order_id = $1", [orderId]);
    expect(known).toEqual([{ cancelled: true }]);
  });

const capture = (paymentId: string, amount: number, key?: string) =>
  harness.call("payments.capture", { paymentId, amount }, staff, key);
const refund = (paymentId: string, amount: number, key?: string) =>
  harness.call("payments.refund", { paymentId, amount, reason: "damaged" }, staff, key);

test("authorises on request, and the saga adds no second charge", async () => {
  const order = harness.order(99.99);
  await harness.publishCreated(order);
  const answer = await harness.authorize(order);
  expect(answer).toEqual({
    paymentId: expect.stringMatching(/^pay_/),
    status: "authorized",
    amount: 99.99,
    currency: "USD",
    expiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
  });
  await harness.publishReserved(order);
  expect(await harness.authorize(order, "pm_card_mastercard")).toEqual(answer);
  await harness.awaitEvents(order, "PaymentAuthorized");
  expect(await harness.charges(order)).toHaveLength(1);
});

test("answers with the saga's payment, and says so when it is captured already", async () => {
  const order = harness.order();
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  const { paymentId } = await harness.authorize(order);
  expect(await harness.authorize(order)).toMatchObject({ paymentId, status: "authorized", amount: 200 });
  await capture(paymentId, 200);
  expect(await harness.authorize(order)).toMatchObject({ paymentId, status: "captured", amount: 200 });
  await expect(harness.authorize(order, "pm_card_mastercard")).rejects.toMatchObject({
    type: "PAYMENT_ALREADY_CAPTURED",
    code: 409,
    data: { paymentId },
  });
  const owner = customer(order.customerId);
  expect(await harness.call("payments.confirm", { paymentId }, owner)).toMatchObject({ status: "captured" });
  expect(await harness.charges(order)).toHaveLength(1);
});

test("simultaneous requests get the same payment", async () => {
  const order = harness.order();
  await harness.publishCreated(order);
  const answers = await Promise.all(Array.from({ length: 20 }, () => harness.authorize(order)));
  expect(new Set(answers.map(({ paymentId }) => paymentId)).size).toBe(1);
  expect(await harness.charges(order)).toHaveLength(1);
  await harness.awaitEvents(order, "PaymentAuthorized");
});

test("waits a moment for an order whose event has not arrived yet", async () => {
  const order = harness.order();
  const asked = harness.authorize(order);
  await new Promise((resolve) => setTimeout(resolve, 120));
  await harness.publishCreated(order);
  await expect(asked).resolves.toMatchObject({ status: "authorized" });
});

test("refuses what cannot be paid", async () => {
  const order = harness.order(50);
  await harness.publishCreated(order);
  const wrongAmount = { ...order, totalAmount: 49.99 };
  await expect(harness.authorize(wrongAmount)).rejects.toMatchObject({
    type: "VALIDATION_FAILED",
    data: { errors: [{ path: "/amount" }] },
  });
  const tooExact = { ...order, totalAmount: 50.001 };
  await expect(harness.authorize(tooExact)).rejects.toMatchObject({ type: "VALIDATION_FAILED" });
  await expect(harness.authorize(harness.order())).rejects.toMatchObject({
    type: "VALIDATION_FAILED",
    data: { errors: [{ path: "/orderId" }] },
  });
  await expect(harness.authorize(order, undefined, undefined, customer("cust_other"))).rejects.toMatchObject({
    type: "NOT_FOUND",
  });
  const stolen = { ...order, customerId: "cust_thief" };
  await expect(harness.authorize(stolen)).rejects.toMatchObject({ type: "NOT_FOUND" });
  await expect(harness.authorize(order, undefined, undefined, { kind: "anonymous" })).rejects.toMatchObject({
    type: "UNAUTHENTICATED",
  });
  await harness.publishCancelled(order);
  await cancelApplied(order);
  await expect(harness.authorize(order)).rejects.toMatchObject({ type: "ORDER_NOT_PAYABLE", code: 409 });
  expect(await harness.charges(order)).toEqual([]);
});

test.each([
  ["pm_card_chargeDeclined", "card_declined"],
  ["pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"],
  ["pm_card_chargeDeclinedExpiredCard", "expired_card"],
  ["pm_nobody_knows", "invalid_payment_method"],
])("%s is declined as %s, and another method may be tried", async (method, declineCode) => {
  const order = harness.order();
  await harness.publishCreated(order);
  await expect(harness.authorize(order, method)).rejects.toMatchObject({
    type: "PAYMENT_DECLINED",
    code: 402,
    data: { declineCode },
  });
  expect(await harness.authorize(order, "pm_card_mastercard")).toMatchObject({ status: "authorized" });
  expect(await harness.paymentOf(order)).toMatchObject({ paymentMethod: { last4: "4444" } });
  await harness.awaitEvents(order, "PaymentFailed", "PaymentAuthorized");
});

test("an order that was cancelled after a decline still answers with the decline", async () => {
  const order = harness.order(10, "pm_card_chargeDeclinedExpiredCard");
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await harness.awaitEvents(order, "PaymentFailed");
  await harness.publishCancelled(order);
  await cancelApplied(order);
  await expect(harness.authorize(order)).rejects.toMatchObject({
    type: "PAYMENT_DECLINED",
    data: { declineCode: "expired_card" },
  });
  await expect(harness.authorize(order, "pm_card_visa")).rejects.toMatchObject({ type: "ORDER_NOT_PAYABLE" });
  expect(await harness.charges(order)).toEqual([]);
});

test("a method that needs the customer answers with the action and its URL", async () => {
  const order = harness.order();
  await harness.publishCreated(order);
  await expect(harness.authorize(order, "pm_card_authenticationRequired")).rejects.toMatchObject({
    type: "PAYMENT_DECLINED",
    data: { declineCode: "authentication_required", action: { type: "redirect" } },
  });
});

test("captures and refunds in parts, and never too much", async () => {
  const { order, paymentId } = await authorized(100);
  await expect(refund(paymentId, 1)).rejects.toMatchObject({ type: "INVALID_PAYMENT_STATE", code: 409 });
  await expect(capture(paymentId, 100.01)).rejects.toMatchObject({
    type: "AMOUNT_TOO_HIGH",
    code: 422,
    data: { remaining: 100 },
  });
  await expect(capture(paymentId, 0)).rejects.toMatchObject({ type: "VALIDATION_FAILED" });
  expect(await capture(paymentId, 60)).toEqual({
    paymentId,
    status: "captured",
    capturedAmount: 60,
    currency: "USD",
    capturedAt: expect.stringMatching(/Z$/),
  });
  await expect(capture(paymentId, 40.01)).rejects.toMatchObject({ type: "AMOUNT_TOO_HIGH", data: { remaining: 40 } });
  await capture(paymentId, 40);
  await expect(refund(paymentId, 100.01)).rejects.toMatchObject({ type: "AMOUNT_TOO_HIGH", data: { remaining: 100 } });
  expect(await refund(paymentId, 30)).toEqual({
    refundId: expect.stringMatching(/^ref_/),
    paymentId,
    status: "refunded",
    refundedAmount: 30,
    currency: "USD",
    refundedAt: expect.stringMatching(/Z$/),
  });
  await expect(refund(paymentId, 70.01)).rejects.toMatchObject({ type: "AMOUNT_TOO_HIGH" });
  expect(await harness.paymentOf(order)).toMatchObject({ status: "captured", capturedAmount: 100, refundedAmount: 30 });
  await refund(paymentId, 70);
  expect(await harness.paymentOf(order)).toMatchObject({ status: "refunded", refundedAmount: 100 });
  const events = await harness.awaitEvents(
    order,
    "PaymentAuthorized",
    "PaymentCompleted",
    "PaymentCompleted",
    "PaymentRefunded",
    "PaymentRefunded",
  );
  expect(events.slice(1).map(({ data }) => [data.amount, data.totalCaptured ?? data.totalRefunded])).toEqual([
    [60, 60],
    [40, 100],
    [30, 30],
    [70, 100],
  ]);
  expect(await harness.charges(order)).toMatchObject([
    { held_minor: 0, captured_minor: 10_000, refunded_minor: 10_000 },
  ]);
});

test("simultaneous captures and refunds move exactly the available amount", async () => {
  const { order, paymentId } = await authorized(100);
  const ok = (results: PromiseSettledResult<unknown>[]) =>
    results.filter(({ status }) => status === "fulfilled").length;
  const captures = await Promise.allSettled(Array.from({ length: 10 }, () => capture(paymentId, 20)));
  expect(ok(captures)).toBe(5);
  const refunds = await Promise.allSettled(Array.from({ length: 10 }, () => refund(paymentId, 30)));
  expect(ok(refunds)).toBe(3);
  for (const result of [...captures, ...refunds]) {
    if (result.status === "rejected") expect(result.reason).toMatchObject({ type: "AMOUNT_TOO_HIGH" });
  }
  expect(await harness.charges(order)).toMatchObject([{ captured_minor: 10_000, refunded_minor: 9_000 }]);
});

test("the same key has one effect", async () => {
  const { order, paymentId } = await authorized(100);
  const captures = await Promise.allSettled(Array.from({ length: 5 }, () => capture(paymentId, 10, "capture-once")));
  const answers = new Set(captures.flatMap((r) => (r.status === "fulfilled" ? [JSON.stringify(r.value)] : [])));
  expect(answers.size).toBe(1);
  for (const result of captures)
    if (result.status === "rejected") expect(result.reason).toMatchObject({ type: "IDEMPOTENCY_IN_PROGRESS" });
  const first = await refund(paymentId, 3, "refund-once");
  expect(await refund(paymentId, 3, "refund-once")).toEqual(first);
  await expect(refund(paymentId, 4, "refund-once")).rejects.toMatchObject({ type: "IDEMPOTENCY_KEY_REUSED" });
  expect(await harness.charges(order)).toMatchObject([{ captured_minor: 1_000, refunded_minor: 300 }]);
});

test("finds the operation of a key whose answer was never stored", async () => {
  const { order, paymentId } = await authorized(100);
  const first = await capture(paymentId, 10, "lost-1");
  const back = await refund(paymentId, 5, "lost-2");
  await harness.db.query("DELETE FROM idempotency_key"); // as if the node had died before it stored the answers
  expect(await capture(paymentId, 10, "lost-1")).toEqual(first);
  expect(await refund(paymentId, 5, "lost-2")).toEqual(back);
  await harness.db.query("DELETE FROM idempotency_key");
  await expect(refund(paymentId, 6, "lost-2")).rejects.toMatchObject({ type: "IDEMPOTENCY_KEY_REUSED" });
  expect(await harness.charges(order)).toMatchObject([{ captured_minor: 1_000, refunded_minor: 500 }]);
});

test("a declined request stays declined under its key", async () => {
  const order = harness.order();
  await harness.publishCreated(order);
  const declined = { type: "PAYMENT_DECLINED", data: { declineCode: "card_declined" } };
  await expect(harness.authorize(order, "pm_card_chargeDeclined", "k")).rejects.toMatchObject(declined);
  await expect(harness.authorize(order, "pm_card_chargeDeclined", "k")).rejects.toMatchObject(declined);
  await harness.awaitEvents(order, "PaymentFailed");
});

test("shows a payment to its owner and to staff only", async () => {
  const { order, paymentId } = await authorized(12.34);
  const view = await harness.call("payments.get", { paymentId }, customer(order.customerId));
  expect(view).toMatchObject({
    paymentId,
    orderId: order.orderId,
    status: "authorized",
    amount: 12.34,
    currency: "USD",
    paymentMethod: { type: "card", last4: "4242" },
    createdAt: expect.stringMatching(/Z$/),
  });
  expect(await harness.call("payments.get", { paymentId }, staff)).toEqual(view);
  await expect(harness.call("payments.get", { paymentId }, customer("cust_x"))).rejects.toMatchObject({
    type: "NOT_FOUND",
  });
  await expect(harness.call("payments.get", { paymentId: "pay_none" }, staff)).rejects.toMatchObject({
    type: "NOT_FOUND",
  });
  const owner = customer(order.customerId);
  await expect(harness.call("payments.capture", { paymentId, amount: 1 }, owner)).rejects.toMatchObject({
    type: "FORBIDDEN",
  });
  await expect(harness.call("payments.refund", { paymentId, amount: 1, reason: "greed" }, owner)).rejects.toMatchObject(
    {
      type: "FORBIDDEN",
    },
  );
  expect(await harness.call("payments.ofOrder", { orderId: "ord_none" }, staff)).toEqual({ payment: null });
});

test("a partly captured order that is cancelled gets everything back", async () => {
  const { order, paymentId } = await authorized(100);
  await capture(paymentId, 40);
  await refund(paymentId, 10);
  await harness.publishCancelled(order);
  const events = await harness.awaitEvents(
    order,
    "PaymentAuthorized",
    "PaymentCompleted",
    "PaymentRefunded",
    "PaymentVoided",
    "PaymentRefunded",
  );
  expect(events.slice(3).map(({ data }) => data.amount)).toEqual([60, 30]);
  expect(await harness.charges(order)).toMatchObject([{ held_minor: 0, captured_minor: 4_000, refunded_minor: 4_000 }]);
});

test("the database itself refuses impossible sums", async () => {
  const { paymentId } = await authorized(10);
  for (const change of ["captured_minor = 1", "refunded_minor = 1", "held_minor = -1", "state = 'voided'"]) {
    await expect(
      harness.db.query(`UPDATE payment SET ${change} WHERE payment_id = $1`, [paymentId]),
    ).rejects.toMatchObject({
      code: "23514",
    });
  }
});

import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import { customer, type Order, type PaymentsHarness, paymentsHarness } from "./payments-harness.ts";

const NEEDS_THE_CUSTOMER = "pm_card_authenticationRequired";

let harness: PaymentsHarness;

beforeAll(async () => {
  harness = await paymentsHarness({ captureOn: "handoff" });
});
afterEach(() => {
  harness.faults.next = () => undefined;
});
afterAll(() => harness.stop());

/** An order whose payment waits for its customer. */
async function waiting(): Promise<{ order: Order; paymentId: string }> {
  const order = harness.order(80, NEEDS_THE_CUSTOMER);
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await harness.awaitEvents(order, "PaymentActionRequired");
  return { order, paymentId: (await harness.paymentOf(order)).paymentId };
}

const live = async (order: Order) =>
  (await harness.charges(order)).filter((charge) => charge.waiting || charge.held_minor > 0).length;

test("another method takes the place of a payment that waits for its customer", async () => {
  const { order, paymentId } = await waiting();
  const answer = await harness.authorize(order, "pm_card_visa", "other-card");
  expect(answer).toMatchObject({ status: "authorized", amount: 80 });
  expect(answer.paymentId).not.toBe(paymentId);
  const events = await harness.awaitEvents(order, "PaymentActionRequired", "PaymentReplaced", "PaymentAuthorized");
  expect(events[1]?.data).toMatchObject({ paymentId, nextPaymentId: answer.paymentId });
  expect(await harness.charges(order)).toHaveLength(2);
  expect(await live(order)).toBe(1);
  const owner = customer(order.customerId);
  expect(await harness.call("payments.get", { paymentId }, owner)).toMatchObject({ status: "voided" });
  expect(await harness.paymentOf(order)).toMatchObject({ paymentId: answer.paymentId, status: "authorized" });
  await expect(harness.call("payments.confirm", { paymentId }, owner)).rejects.toMatchObject({
    type: "INVALID_PAYMENT_STATE",
  });
  await harness.db.query("DELETE FROM idempotency_key"); // as if the node had died before it stored the answer
  expect(await harness.authorize(order, "pm_card_visa", "other-card")).toEqual(answer);
});

test("the same method does not replace itself", async () => {
  const { order, paymentId } = await waiting();
  await expect(harness.authorize(order)).rejects.toMatchObject({
    type: "PAYMENT_DECLINED",
    data: { declineCode: "authentication_required", paymentId },
  });
  expect(await harness.charges(order)).toHaveLength(1);
});

test("a method that is declined is answered as declined, and the payment before it stays voided", async () => {
  const { order } = await waiting();
  await expect(harness.authorize(order, "pm_card_chargeDeclined")).rejects.toMatchObject({
    type: "PAYMENT_DECLINED",
    data: { declineCode: "card_declined" },
  });
  await harness.awaitEvents(order, "PaymentActionRequired", "PaymentReplaced", "PaymentFailed");
  expect(await live(order)).toBe(0);
});

test("of many other methods and a confirmation at the same moment, one payment is left", async () => {
  const { order, paymentId } = await waiting();
  const owner = customer(order.customerId);
  const results = await Promise.allSettled([
    ...["pm_card_visa", "pm_card_mastercard", "pm_card_visa", "pm_card_mastercard"].map((method) =>
      harness.authorize(order, method),
    ),
    harness.call("payments.confirm", { paymentId }, owner),
  ]);
  const ids = results.flatMap((result) => (result.status === "fulfilled" ? [result.value.paymentId] : []));
  expect(new Set(ids).size).toBe(1);
  expect(ids.length).toBeGreaterThanOrEqual(4); // the confirmation is refused when it comes too late
  expect(await live(order)).toBe(1);
});

test("nothing is tried before the earlier payment is certainly voided", async () => {
  const { order } = await waiting();
  let refusals = 2;
  const seen: string[] = [];
  harness.faults.next = ({ what, request }) => {
    if (request.orderId !== order.orderId || what === "find") return undefined;
    seen.push(what);
    return what === "void" && refusals-- > 0 ? "loseAnswer" : undefined;
  };
  expect(await harness.authorize(order, "pm_card_visa")).toMatchObject({ status: "authorized" });
  expect(seen).toEqual(["void", "authorize"]); // the void whose answer was lost is found by its key
  expect(await live(order)).toBe(1);
});

test("an order that is cancelled while its payment is being replaced ends with nothing held", async () => {
  const { order } = await waiting();
  harness.faults.next = ({ what }) => (what === "void" || what === "find" ? "fail" : undefined);
  const asked = harness.authorize(order, "pm_card_visa");
  const answered = asked.then(
    () => "authorized",
    (error: { type: string }) => error.type,
  );
  await eventually(async () =>
    expect(
      await harness.db.query("SELECT wish FROM payment WHERE order_id = $1 AND state = 'voiding'", [order.orderId]),
    ).toEqual([{ wish: "replace" }]),
  );
  await harness.publishCancelled(order);
  await eventually(async () =>
    expect(await harness.db.query("SELECT wish FROM payment WHERE order_id = $1", [order.orderId])).toEqual([
      { wish: "cancel" },
    ]),
  );
  harness.faults.next = () => undefined;
  await harness.awaitEvents(order, "PaymentActionRequired", "PaymentVoided");
  expect(await answered).toBe("PROVIDER_UNAVAILABLE");
  await expect(harness.authorize(order, "pm_card_visa")).rejects.toMatchObject({ type: "ORDER_NOT_PAYABLE" });
  expect(await live(order)).toBe(0);
});

import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { stripeProvider } from "#services/commerce/payments/providers/stripe.ts";
import { eventually } from "#test/support/eventually.ts";
import { customer, type Order, type PaymentsHarness, paymentsHarness, staff } from "./payments-harness.ts";
import { stripeMock } from "./stripe-mock.ts";

let harness: PaymentsHarness;
let stripe: Awaited<ReturnType<typeof stripeMock>>;

beforeAll(async () => {
  stripe = await stripeMock();
  harness = await paymentsHarness({
    timings: { timeoutMs: 300, waitMs: 3_000 },
    provider: () => stripeProvider({ secretKey: "sk_test_x", apiBase: stripe.url, timeoutMs: 300 }),
  });
});
afterAll(async () => {
  await harness.stop();
  await stripe.stop();
});

const intentsOf = (order: Order) =>
  [...stripe.intents.values()].filter(({ metadata }) => metadata.orderId === order.orderId);
const postsOf = (path: RegExp) =>
  stripe.requests.filter((request) => request.method === "POST" && path.test(request.path));

async function authorized(total = 200): Promise<Order> {
  const order = harness.order(total);
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await harness.awaitEvents(order, "PaymentAuthorized");
  return order;
}

test("holds by a PaymentIntent of manual capture, under the operation's key", async () => {
  const order = await authorized(19.99);
  expect(intentsOf(order)).toMatchObject([{ amount: 1_999, currency: "usd", status: "requires_capture" }]);
  const [create] = postsOf(/payment_intents$/);
  expect(create).toMatchObject({
    key: expect.stringMatching(/^op_/),
    form: { capture_method: "manual", confirm: "true", payment_method: "pm_card_visa" },
  });
  expect(create?.form["metadata[operation]"]).toBe(create?.key);
  expect(await harness.paymentOf(order)).toMatchObject({
    paymentMethod: { type: "card", last4: "4242" },
    expiresAt: new Date(1_800_600_000_000).toISOString(),
  });
});

test("captures when the order is confirmed, and refunds a part", async () => {
  const order = await authorized();
  await harness.publishConfirmed(order);
  await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted");
  const { paymentId } = await harness.paymentOf(order);
  const { refundId } = await harness.call("payments.refund", { paymentId, amount: 50, reason: "late" }, staff);
  const [intent] = intentsOf(order);
  expect(intent).toMatchObject({ status: "succeeded", amount_received: 20_000 });
  expect(stripe.refunds).toMatchObject([
    { amount: 5_000, payment_intent: intent?.id, metadata: { operation: refundId } },
  ]);
});

test("a part captured releases the rest", async () => {
  const order = await authorized();
  const { paymentId } = await harness.paymentOf(order);
  await harness.call("payments.capture", { paymentId, amount: 50 }, staff);
  await expect(harness.call("payments.capture", { paymentId, amount: 1 }, staff)).rejects.toMatchObject({
    type: "AMOUNT_TOO_HIGH",
    data: { remaining: 0 },
  });
  await harness.publishCancelled(order);
  await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted", "PaymentRefunded");
});

test("voids when the order is cancelled, also what was cancelled at Stripe before", async () => {
  const [order, byHand] = [await authorized(), await authorized()];
  Object.assign(intentsOf(byHand)[0] ?? {}, { status: "canceled", amount_capturable: 0 });
  await harness.publishCancelled(order);
  await harness.publishCancelled(byHand);
  await harness.awaitEvents(order, "PaymentAuthorized", "PaymentVoided");
  await harness.awaitEvents(byHand, "PaymentAuthorized", "PaymentVoided");
  expect(intentsOf(order)).toMatchObject([{ status: "canceled" }]);
});

test.each([
  ["pm_card_chargeDeclined", "card_declined"],
  ["pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"],
  ["pm_made_up", "resource_missing"],
])("%s is declined as %s", async (method, declineCode) => {
  const order = harness.order();
  await harness.publishCreated(order);
  await expect(harness.authorize(order, method)).rejects.toMatchObject({
    type: "PAYMENT_DECLINED",
    data: { declineCode },
  });
});

test("the customer's action goes on when Stripe says it is done", async () => {
  const order = harness.order(30, "pm_card_authenticationRequired");
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  const [asked] = await harness.awaitEvents(order, "PaymentActionRequired");
  expect(asked?.data.action).toEqual({ type: "redirect_to_url", url: "https://hooks.stripe.invalid/3ds" });
  const { paymentId } = await harness.paymentOf(order);
  const confirm = () => harness.call("payments.confirm", { paymentId }, customer(order.customerId));
  await expect(confirm()).rejects.toMatchObject({ data: { declineCode: "authentication_required" } }); // too early
  const [intent] = intentsOf(order);
  if (intent) stripe.authenticate(intent);
  expect(await confirm()).toMatchObject({ status: "authorized" });
  await harness.awaitEvents(order, "PaymentActionRequired", "PaymentAuthorized");
});

test.each([false, true])(
  "another card ends the intent that waits, also when the bank has just agreed (%s)",
  async (agreed) => {
    const order = harness.order(30, "pm_card_authenticationRequired");
    await harness.publishCreated(order);
    await harness.publishReserved(order);
    await harness.awaitEvents(order, "PaymentActionRequired");
    const [waiting] = intentsOf(order);
    if (agreed && waiting) stripe.authenticate(waiting);
    expect(await harness.authorize(order, "pm_card_visa")).toMatchObject({ status: "authorized", amount: 30 });
    expect(intentsOf(order)).toMatchObject([{ status: "canceled" }, { status: "requires_capture", amount: 3_000 }]);
    await harness.awaitEvents(order, "PaymentActionRequired", "PaymentReplaced", "PaymentAuthorized");
  },
);

test.each(["loseAnswer", "silence", "serverError"] as const)("%s is survived, with one intent", async (fault) => {
  stripe.faults.push(fault);
  const order = await authorized();
  expect(intentsOf(order)).toHaveLength(1);
});

test("an error that Stripe keeps and repeats: under the next key, with one intent", async () => {
  stripe.faults.push("keptError");
  const order = await authorized();
  expect(intentsOf(order)).toHaveLength(1);
  const keys = postsOf(/payment_intents$/)
    .filter(({ form }) => form["metadata[orderId]"] === order.orderId)
    .map(({ key }) => key);
  expect([...new Set(keys)]).toEqual([expect.stringMatching(/^op_\w+$/), expect.stringMatching(/^op_\w+\.1$/)]);
});

test("an error that Stripe keeps though it charged, and cannot be searched for yet: looked through the list", async () => {
  stripe.setSearchable(false);
  stripe.faults.push("doneAndKeptError");
  const order = harness.order();
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await eventually(async () => expect(intentsOf(order)).toHaveLength(1));
  for (let younger = 0; younger < 3; younger++) await authorized();
  await harness.awaitEvents(order, "PaymentAuthorized");
  stripe.setSearchable(true);
  expect(intentsOf(order)).toHaveLength(1);
  const [intent] = intentsOf(order);
  stripe.faults.push("doneAndKeptError");
  await harness.publishConfirmed(order);
  await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted");
  expect(intent).toMatchObject({ status: "succeeded", amount_received: 20_000 });
});

test("a capture and a refund whose answers are lost are made once", async () => {
  const order = await authorized();
  stripe.faults.push("loseAnswer");
  await harness.publishConfirmed(order);
  await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted");
  stripe.faults.push("loseAnswer");
  await harness.publishCancelled(order);
  await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted", "PaymentRefunded");
  const [intent] = intentsOf(order);
  await eventually(async () => {
    expect(stripe.refunds.filter(({ payment_intent }) => payment_intent === intent?.id)).toMatchObject([
      { amount: 20_000 },
    ]);
  });
});

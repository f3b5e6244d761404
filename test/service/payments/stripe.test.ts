import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { eventually } from "#test/support/eventually.ts";
import type { Form } from "#test/support/stripe-server/form.ts";
import type { StripeServer } from "#test/support/stripe-server/stripe-server.ts";
import { customer, type Order, type PaymentsHarness, staff } from "./payments-harness.ts";
import { type StripeHarness, stripeHarness } from "./stripe-harness.ts";

const DAY_MS = 86_400_000;

let opened: StripeHarness;
let harness: PaymentsHarness;
let stripe: StripeServer;

beforeAll(async () => {
  opened = await stripeHarness({ timings: { timeoutMs: 300, waitMs: 3_000 }, server: { maxPage: 2 } });
  ({ harness, stripe } = opened);
});
afterEach(() => opened.failNext());
afterAll(() => opened.stop());

const intentsOf = (order: Order) => stripe.intentsOf(order.orderId);
const postsOf = (path: RegExp) =>
  stripe.requests.filter((request) => request.method === "POST" && path.test(request.path));
const metadataOf = ({ form }: { form: Form }) => form.metadata as Form;

test("holds by a PaymentIntent of manual capture, under the operation's key", async () => {
  const { order } = await opened.authorized(19.99);
  expect(intentsOf(order)).toMatchObject([{ amount: 1_999, currency: "usd", status: "requires_capture" }]);
  const [create] = postsOf(/payment_intents$/);
  expect(create).toMatchObject({
    key: expect.stringMatching(/^op_/),
    form: { capture_method: "manual", confirm: "true", payment_method: "pm_card_visa" },
  });
  expect(create && metadataOf(create).operation).toBe(create?.key);
  const { paymentMethod, expiresAt } = await harness.paymentOf(order);
  expect(paymentMethod).toEqual({ type: "card", last4: "4242" });
  expect(Date.parse(expiresAt ?? "") - Date.now()).toBeGreaterThan(6 * DAY_MS);
});

test("captures when the order is confirmed, and refunds a part", async () => {
  const { order, paymentId, reference } = await opened.authorized();
  await harness.publishConfirmed(order);
  await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted");
  const { refundId } = await harness.call("payments.refund", { paymentId, amount: 50, reason: "late" }, staff);
  expect(intentsOf(order)).toMatchObject([{ status: "succeeded", amount_received: 20_000 }]);
  expect(stripe.refundsOf(reference)).toMatchObject([{ amount: 5_000, metadata: { operation: refundId } }]);
});

test("a part captured releases the rest", async () => {
  const { order, paymentId } = await opened.authorized();
  await harness.call("payments.capture", { paymentId, amount: 50 }, staff);
  await expect(harness.call("payments.capture", { paymentId, amount: 1 }, staff)).rejects.toMatchObject({
    type: "AMOUNT_TOO_HIGH",
    data: { remaining: 0 },
  });
  await opened.heard(); // Stripe calls the release a refund, which is none
  await harness.publishCancelled(order);
  await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted", "PaymentRefunded");
  expect(stripe.chargesOf(order.orderId)).toMatchObject([{ held: 0, captured: 5_000, refunded: 5_000 }]);
});

test("voids when the order is cancelled, whatever was done by hand meanwhile", async () => {
  const [order, cancelled, captured] = [
    await opened.authorized(),
    await opened.authorized(),
    await opened.authorized(),
  ];
  await opened.heard();
  stripe.holdWebhooks();
  stripe.cancel(cancelled.reference);
  stripe.capture(captured.reference, 15_000);
  for (const one of [order, cancelled, captured]) {
    await harness.publishCancelled(one.order);
    await harness.awaitEvents(one.order, "PaymentAuthorized", "PaymentVoided");
  }
  stripe.releaseWebhooks();
  expect(intentsOf(order.order)).toMatchObject([{ status: "canceled" }]);
  expect(stripe.chargesOf(captured.order.orderId)).toMatchObject([{ held: 0, captured: 15_000, refunded: 15_000 }]);
});

test.each([
  ["pm_card_chargeDeclined", "card_declined"],
  ["pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"],
  ["pm_card_chargeDeclinedExpiredCard", "expired_card"],
  ["pm_made_up", "resource_missing"],
  ["momo", "payment_method_unsupported"],
])("%s is declined as %s", async (method, declineCode) => {
  const order = harness.order();
  await harness.publishCreated(order);
  await expect(harness.authorize(order, method)).rejects.toMatchObject({
    type: "PAYMENT_DECLINED",
    data: { declineCode },
  });
});

test("the customer's action goes on when Stripe says it is done", async () => {
  const { order, paymentId, reference } = await opened.waiting();
  const [asked] = await harness.publishedEvents(order.orderId);
  const clientSecret = expect.stringMatching(new RegExp(`^${reference}_secret_`));
  expect(asked?.data.action).toEqual({ type: "use_stripe_sdk", url: "", clientSecret });
  const confirm = () => harness.call("payments.confirm", { paymentId }, customer(order.customerId));
  await expect(confirm()).rejects.toMatchObject({ data: { declineCode: "authentication_required" } }); // too early
  await opened.heard();
  stripe.holdWebhooks();
  stripe.authenticate(reference);
  expect(await confirm()).toMatchObject({ status: "authorized" });
  stripe.releaseWebhooks();
  await harness.awaitEvents(order, "PaymentActionRequired", "PaymentAuthorized");
});

test("an intent whose customer has failed is ended, so that nobody can pay it later", async () => {
  const { order, paymentId, reference } = await opened.waiting();
  await opened.heard();
  stripe.holdWebhooks();
  stripe.failAuthentication(reference);
  await expect(harness.call("payments.confirm", { paymentId }, customer(order.customerId))).rejects.toMatchObject({
    data: { declineCode: "payment_intent_authentication_failure" },
  });
  stripe.releaseWebhooks();
  expect(intentsOf(order)).toMatchObject([{ status: "canceled" }]);
  await harness.awaitEvents(order, "PaymentActionRequired", "PaymentFailed");
});

test.each([false, true])(
  "another card ends the intent that waits, also when the bank has just agreed (%s)",
  async (agreed) => {
    const { order, reference } = await opened.waiting();
    await opened.heard();
    stripe.holdWebhooks();
    if (agreed) stripe.authenticate(reference);
    expect(await harness.authorize(order, "pm_card_visa")).toMatchObject({ status: "authorized", amount: 30 });
    stripe.releaseWebhooks();
    expect(intentsOf(order)).toMatchObject([{ status: "canceled" }, { status: "requires_capture", amount: 3_000 }]);
    await harness.awaitEvents(order, "PaymentActionRequired", "PaymentReplaced", "PaymentAuthorized");
  },
);

test("an error that Stripe keeps and repeats: under the next key, with one intent", async () => {
  opened.failNext("keepFailure");
  const { order } = await opened.authorized();
  expect(intentsOf(order)).toHaveLength(1);
  const keys = postsOf(/payment_intents$/)
    .filter((request) => metadataOf(request).orderId === order.orderId)
    .map(({ key }) => key);
  expect([...new Set(keys)]).toEqual([expect.stringMatching(/^op_\w+$/), expect.stringMatching(/^op_\w+\.1$/)]);
});

test("an error that Stripe keeps though it charged, and cannot be searched for yet: looked through the list", async () => {
  stripe.setSearchable(false);
  opened.failNext("doAndKeepFailure");
  const order = harness.order();
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await eventually(() => expect(intentsOf(order)).toHaveLength(1));
  for (let younger = 0; younger < 3; younger++) await opened.authorized(); // so that the list has several pages
  await harness.awaitEvents(order, "PaymentAuthorized");
  stripe.setSearchable(true);
  expect(intentsOf(order)).toHaveLength(1);
  opened.failNext("doAndKeepFailure");
  await harness.publishConfirmed(order);
  await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted");
  expect(intentsOf(order)).toMatchObject([{ status: "succeeded", amount_received: 20_000 }]);
});

test("a key that Stripe knows from other parameters counts as spent", async () => {
  const order = harness.order();
  stripe.faults.next = ({ form, method, path }) => {
    if (method !== "POST" || !path.endsWith("/payment_intents")) return undefined;
    form.description = "as an older version of the program sent it";
    stripe.faults.next = () => undefined;
    return "keepFailure";
  };
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await harness.awaitEvents(order, "PaymentAuthorized");
  expect(stripe.chargesOf(order.orderId)).toMatchObject([{ held: 20_000 }]);
});

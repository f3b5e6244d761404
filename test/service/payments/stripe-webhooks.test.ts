import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { paymentLimits } from "#services/commerce/payments/domain/limits.ts";
import { eventually } from "#test/support/eventually.ts";
import { WEBHOOK_SECRET } from "#test/support/stripe-server/open.ts";
import type { StripeServer } from "#test/support/stripe-server/stripe-server.ts";
import { customer, type Order, type PaymentsHarness, staff } from "./payments-harness.ts";
import { type StripeHarness, stripeHarness } from "./stripe-harness.ts";

let opened: StripeHarness;
let harness: PaymentsHarness;
let stripe: StripeServer;

beforeAll(async () => {
  opened = await stripeHarness();
  ({ harness, stripe } = opened);
});
afterAll(() => opened.stop());

async function captured(total = 200): Promise<{ order: Order; paymentId: string; reference: string }> {
  const held = await opened.authorized(total);
  await harness.publishConfirmed(held.order);
  await harness.awaitEvents(held.order, "PaymentAuthorized", "PaymentCompleted");
  return held;
}

const lastEvent = async ({ orderId }: Order) => (await harness.publishedEvents(orderId)).at(-1)?.data;

test("refuses what is not signed, wrongly signed or too old, and stores nothing of it", async () => {
  const { reference } = await opened.waiting();
  const object = { id: reference, object: "payment_intent" };
  const body = JSON.stringify({
    id: "evt_forged",
    object: "event",
    type: "payment_intent.succeeded",
    data: { object },
  });
  const old = new Date(Date.now() - (paymentLimits.NOTIFICATION_AGE_SECONDS + 5) * 1_000);
  const refused = [
    undefined,
    "",
    "t=1,v1=00",
    stripe.sign(body, "whsec_other"),
    stripe.sign(`${body} `, WEBHOOK_SECRET),
    stripe.sign(body, WEBHOOK_SECRET, old),
  ];
  for (const signature of refused) {
    await expect(opened.receive(body, signature)).rejects.toMatchObject({ type: "INVALID_SIGNATURE", code: 400 });
  }
  for (const unreadable of [body.slice(1), "null", '{"object":"v2.core.event"}', '{"id":"evt_1"}']) {
    await expect(opened.receive(unreadable, stripe.sign(unreadable, WEBHOOK_SECRET))).rejects.toMatchObject({
      type: "VALIDATION_FAILED",
    });
  }
  const stored = () => harness.db.query("SELECT 1 FROM notification WHERE event_id = 'evt_forged'");
  expect(await stored()).toEqual([]);
  expect(await opened.receive(body, stripe.sign(body, WEBHOOK_SECRET))).toEqual({ received: true });
  expect(await stored()).toHaveLength(1); // so the body was good, and only the signatures were not
});

test("an event about nothing that matters is answered and not stored", async () => {
  const object = { id: "cus_1", object: "customer" };
  const body = JSON.stringify({ id: "evt_customer", object: "event", type: "customer.created", data: { object } });
  expect(await opened.receive(body, stripe.sign(body, WEBHOOK_SECRET))).toEqual({ received: true });
  expect(await harness.db.query("SELECT 1 FROM notification WHERE event_id = 'evt_customer'")).toEqual([]);
});

test("a repeated event is answered, and not processed again", async () => {
  const { reference } = await opened.authorized();
  await opened.heard();
  const event = stripe.eventsOf("payment_intent.amount_capturable_updated").find(({ data }) => {
    return (data.object as { id?: string }).id === reference;
  });
  const body = JSON.stringify(event);
  const asked = stripe.requests.length;
  for (let times = 0; times < 3; times++) {
    expect(await opened.receive(body, stripe.sign(body, WEBHOOK_SECRET))).toEqual({ received: true });
  }
  await opened.heard();
  expect(stripe.requests).toHaveLength(asked);
});

test("3-D Secure is finished by the webhook alone", async () => {
  const { order, reference } = await opened.waiting();
  stripe.authenticate(reference);
  await harness.awaitEvents(order, "PaymentActionRequired", "PaymentAuthorized");
  expect(await harness.paymentOf(order)).toMatchObject({ status: "authorized", paymentMethod: { last4: "3184" } });
});

test("3-D Secure is finished by the client alone", async () => {
  const { order, paymentId, reference } = await opened.waiting();
  await opened.heard();
  stripe.holdWebhooks();
  stripe.authenticate(reference);
  const confirm = () => harness.call("payments.confirm", { paymentId }, customer(order.customerId));
  expect(await confirm()).toMatchObject({ status: "authorized" });
  stripe.releaseWebhooks();
  await opened.heard();
  await harness.awaitEvents(order, "PaymentActionRequired", "PaymentAuthorized");
});

test("3-D Secure that fails is told by the webhook", async () => {
  const { order, reference } = await opened.waiting();
  stripe.failAuthentication(reference);
  await harness.awaitEvents(order, "PaymentActionRequired", "PaymentFailed");
  expect(stripe.intentsOf(order.orderId)).toMatchObject([{ status: "canceled" }]);
});

test("events that come late, several times and the last one first lead to the same state", async () => {
  await opened.heard();
  stripe.holdWebhooks();
  const order = harness.order(30, "pm_card_authenticationRequired");
  await harness.publishCreated(order);
  await harness.publishReserved(order);
  await harness.awaitEvents(order, "PaymentActionRequired");
  const [intent] = stripe.intentsOf(order.orderId);
  const reference = intent?.id ?? "";
  stripe.authenticate(reference);
  stripe.capture(reference);
  stripe.refund(reference, 1_000);
  stripe.releaseWebhooks({ reversed: true, copies: 3 });
  await opened.heard();
  const events = await harness.publishedEvents(order.orderId);
  expect(events.map(({ eventType }) => eventType)).toEqual([
    "PaymentActionRequired",
    "PaymentAuthorized",
    "PaymentCompleted",
    "PaymentRefunded",
  ]);
});

test("a capture, a partial one too, made in the dashboard arrives as PaymentCompleted", async () => {
  for (const amount of [undefined, 5_000]) {
    const { order, reference } = await opened.authorized();
    stripe.capture(reference, amount);
    await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted");
    expect(await lastEvent(order)).toMatchObject({ amount: amount === undefined ? 200 : 50 });
  }
  await opened.heard();
});

test("a cancel made in the dashboard arrives as PaymentVoided", async () => {
  const { order, reference } = await opened.authorized();
  stripe.cancel(reference);
  await harness.awaitEvents(order, "PaymentAuthorized", "PaymentVoided");
  expect(await lastEvent(order)).toMatchObject({ amount: 200, reason: "released_by_provider" });
});

test("a cancel of a payment that waits arrives as PaymentFailed", async () => {
  const { order, reference } = await opened.waiting();
  stripe.cancel(reference);
  await harness.awaitEvents(order, "PaymentActionRequired", "PaymentFailed");
});

test("a refund made in the dashboard arrives as PaymentRefunded, beside those of the shop", async () => {
  const { order, paymentId, reference } = await captured();
  await harness.call("payments.refund", { paymentId, amount: 30, reason: "late" }, staff);
  stripe.refund(reference, 2_000);
  const kinds = ["PaymentAuthorized", "PaymentCompleted", "PaymentRefunded", "PaymentRefunded"];
  await harness.awaitEvents(order, ...kinds);
  expect(await lastEvent(order)).toMatchObject({ amount: 20, totalRefunded: 50, reason: "refunded_at_provider" });
  stripe.refund(reference);
  await harness.awaitEvents(order, ...kinds, "PaymentRefunded");
  expect(await harness.paymentOf(order)).toMatchObject({ status: "refunded", refundedAmount: 200 });
});

test("a refund that fails later arrives as PaymentRefundFailed, and can be made again", async () => {
  const { order, paymentId, reference } = await captured();
  await harness.call("payments.refund", { paymentId, amount: 200, reason: "late" }, staff);
  await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted", "PaymentRefunded");
  const [refund] = stripe.refundsOf(reference);
  stripe.failRefund(refund?.id ?? "");
  await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted", "PaymentRefunded", "PaymentRefundFailed");
  expect(await lastEvent(order)).toMatchObject({ amount: 200, totalRefunded: 0 });
  expect(await harness.paymentOf(order)).toMatchObject({ status: "captured", refundedAmount: 0 });
  await harness.call("payments.refund", { paymentId, amount: 200, reason: "again" }, staff);
  expect(stripe.chargesOf(order.orderId)).toMatchObject([{ captured: 20_000, refunded: 20_000 }]);
});

test("a payment that another charge of the same payment is told of stays as it is", async () => {
  const { order, paymentId, reference } = await opened.authorized();
  const [intent] = stripe.intentsOf(order.orderId);
  const other = await stripe.addIntent({ ...intent?.metadata, operation: "op_of_nobody" });
  await eventually(async () => {
    const differences = await harness.call("payments.listDifferences", {}, staff);
    expect(differences.differences).toMatchObject([{ reference: other.id, paymentId }]);
  });
  stripe.cancel(other.id);
  await eventually(async () => {
    expect((await harness.call("payments.listDifferences", {}, staff)).differences).toEqual([]);
  });
  await harness.awaitEvents(order, "PaymentAuthorized");
  expect(stripe.intentsOf(order.orderId)).toMatchObject([
    { id: reference, status: "requires_capture" },
    { id: other.id },
  ]);
});

const disputesOf = async (paymentId: string) =>
  (await harness.call("payments.listDisputes", { paymentId }, staff)).disputes;

test.each(["won", "lost"] as const)("a dispute is opened, answered with evidence once, and %s", async (outcome) => {
  const { order, paymentId, reference } = await captured();
  const { id } = stripe.openDispute(reference, { amount: 15_000 });
  const kinds = ["PaymentAuthorized", "PaymentCompleted", "DisputeOpened"];
  await harness.awaitEvents(order, ...kinds);
  expect(await lastEvent(order)).toMatchObject({ paymentId, amount: 150, reason: "fraudulent" });
  const [dispute] = await disputesOf(paymentId);
  expect(dispute).toMatchObject({ status: "needs_response", evidenceDueBy: expect.any(String) });
  const disputeId = dispute?.disputeId ?? "";
  opened.failNext("loseAnswer");
  const evidence = { disputeId, explanation: "It was delivered.", trackingNumber: "TRACK1" };
  await expect(harness.call("payments.submitEvidence", evidence, staff)).rejects.toMatchObject({
    type: "PROVIDER_UNAVAILABLE",
  });
  const submitted = await harness
    .call("payments.submitEvidence", evidence, staff)
    .catch((error: { type: string }) => error.type);
  // The webhook of the first one may have come before: the dispute takes no evidence any more.
  expect(["DISPUTE_CLOSED", "under_review"]).toContain(typeof submitted === "string" ? submitted : submitted.status);
  expect(stripe.dispute(id)).toMatchObject({
    status: "under_review",
    evidence: { uncategorized_text: "It was delivered.", shipping_tracking_number: "TRACK1" },
    evidence_details: { submission_count: 1 },
  });
  stripe.closeDispute(id, outcome);
  await harness.awaitEvents(order, ...kinds, "DisputeClosed");
  expect(await lastEvent(order)).toMatchObject({ disputeId, amount: 150, outcome });
  expect(await disputesOf(paymentId)).toMatchObject([{ status: outcome, closedAt: expect.any(String) }]);
});

test("an inquiry is no dispute before the bank takes money back", async () => {
  const { order, paymentId, reference } = await captured();
  const { id } = stripe.openDispute(reference, { isInquiry: true });
  await opened.heard();
  expect(await disputesOf(paymentId)).toEqual([]);
  stripe.escalateDispute(id);
  await harness.awaitEvents(order, "PaymentAuthorized", "PaymentCompleted", "DisputeOpened");
});

import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { methodOf } from "#services/commerce/payments/domain/method.ts";
import {
  type Disputes,
  type Notifications,
  type PaymentProvider,
  type ProviderMethod,
  type RequestOf,
  type SavedMethods,
  sendRequest,
} from "#services/commerce/payments/providers/provider.ts";
import { stripeProvider } from "#services/commerce/payments/providers/stripe.ts";
import { openStripe, SECRET_KEY, WEBHOOK_SECRET } from "#test/support/stripe-server/open.ts";
import type { StripeServer } from "#test/support/stripe-server/stripe-server.ts";

const newId = (prefix: string) => `${prefix}_${randomUUID().replaceAll("-", "")}`;
const NEVER = new AbortController().signal;

let stripe: StripeServer;
let provider: PaymentProvider & { savedMethods: SavedMethods; disputes: Disputes; notifications: Notifications };

beforeAll(async () => {
  stripe = await openStripe();
  const opened = await stripeProvider({ secretKey: SECRET_KEY, webhookSecret: WEBHOOK_SECRET, apiBase: stripe.url });
  provider = opened as typeof provider;
});
afterAll(() => stripe.stop());

function common(currency: string, amountMinor: number) {
  const operationId = newId("op");
  const ids = { operationId, key: operationId, paymentId: newId("pay"), orderId: newId("ord") };
  return { ...ids, spentKeys: [], since: new Date(), until: new Date(), currency, amountMinor };
}

function authorization(method: ProviderMethod, currency = "USD", amountMinor = 10_000): RequestOf<"authorize"> {
  return { ...common(currency, amountMinor), kind: "authorize", customerId: newId("cust"), method };
}

const card = (token: string, customerReference?: string): ProviderMethod => ({
  type: "card",
  token,
  ...(customerReference === undefined ? {} : { customerReference }),
});

async function captured(currency = "USD", amountMinor = 10_000): Promise<string> {
  const answer = await provider.authorize(authorization(card("pm_card_visa"), currency, amountMinor), NEVER);
  if (answer.kind !== "authorized") throw new Error(`It is ${answer.kind}.`);
  const { reference } = answer;
  await provider.capture({ ...common(currency, amountMinor), kind: "capture", reference, reason: null }, NEVER);
  return reference;
}

test.each([
  ["ISK", 1_301, 130_100],
  ["UGX", 40_001, 4_000_100],
  ["MGA", 5_010, 501],
  ["JPY", 501, 501],
  ["KWD", 5_120, 5_120],
  ["TWD", 80_045, 80_045],
])("an amount in %s of %s minor units is %s at Stripe", async (currency, amountMinor, amount) => {
  const request = authorization(card("pm_card_visa"), currency, amountMinor);
  expect(await provider.authorize(request, NEVER)).toMatchObject({ kind: "authorized" });
  expect(stripe.intentsOf(request.orderId)).toMatchObject([{ amount, currency: currency.toLowerCase() }]);
});

test.each([
  ["BHD", 12_345, "amount_not_divisible"],
  ["TND", 1, "amount_not_divisible"],
  ["MGA", 5_011, "amount_not_divisible"],
  ["IQD", 5_000, "currency_unsupported"],
])("%s of %s minor units is declined as %s, and not rounded", async (currency, amountMinor, code) => {
  const asked = stripe.requests.length;
  const request = authorization(card("pm_card_visa"), currency, amountMinor);
  expect(await provider.authorize(request, NEVER)).toMatchObject({ kind: "declined", decline: { code } });
  expect(stripe.requests).toHaveLength(asked);
});

test("a capture and a refund of an amount that Stripe cannot tell are declined", async () => {
  const reference = await captured("BHD", 12_340);
  const declined = { kind: "declined", decline: { code: "amount_not_divisible" } };
  for (const kind of ["capture", "refund"] as const) {
    const request = { ...common("BHD", 1_005), kind, reference, reason: null };
    expect(await sendRequest(provider, request, NEVER)).toMatchObject(declined);
  }
  expect(await provider.charge(reference, NEVER)).toMatchObject({ capturedMinor: 12_340, refundedMinor: 0 });
});

test("instalments are a plan of the card", async () => {
  const request = authorization(methodOf("emi:fixed_count:6:pm_card_mx") as ProviderMethod);
  expect(await provider.authorize(request, NEVER)).toMatchObject({ kind: "authorized", last4: "8001" });
  expect(stripe.intentsOf(request.orderId)).toMatchObject([
    {
      payment_method_options: {
        card: { installments: { plan: { type: "fixed_count", count: 6, interval: "month" } } },
      },
    },
  ]);
});

test.each(["paypal", "momo", "vnpay", "emi:bonus:6:pm_card_visa"])(
  "%s is declined without asking",
  async (methodId) => {
    const asked = stripe.requests.length;
    const request = authorization(methodOf(methodId) as ProviderMethod);
    expect(await provider.authorize(request, NEVER)).toMatchObject({
      kind: "declined",
      decline: { code: "payment_method_unsupported" },
    });
    expect(stripe.requests).toHaveLength(asked);
  },
);

test("UPI waits for the customer's app, while the bank works on it, and has no holds", async () => {
  const request = authorization({ type: "upi", handle: "anna@okbank" }, "INR");
  const asked = await provider.authorize(request, NEVER);
  if (asked.kind !== "actionRequired") throw new Error(`It is ${asked.kind}.`);
  const { reference } = asked;
  expect(asked.action).toMatchObject({
    type: "wait",
    url: expect.stringMatching(/upi/),
    clientSecret: expect.any(String),
  });
  const more = { ...common("INR", 10_000), reference, reason: null };
  stripe.process(reference);
  expect(await provider.confirm({ ...more, kind: "confirm" }, NEVER)).toMatchObject({
    kind: "actionRequired",
    action: { type: "wait" },
  });
  expect(await provider.charge(reference, NEVER)).toMatchObject({ state: "waiting" });
  const early = await provider.void({ ...more, kind: "void" }, NEVER);
  expect(early).toMatchObject({ kind: "declined", decline: { code: "payment_intent_unexpected_state" } });
  stripe.authenticate(reference);
  expect(await provider.confirm({ ...more, kind: "confirm" }, NEVER)).toMatchObject({ kind: "authorized" });
  const part = { ...common("INR", 4_000), kind: "capture", reference, reason: null } as const;
  expect(await provider.capture(part, NEVER)).toMatchObject({ kind: "declined" }); // all of it is taken
  const whole = { ...common("INR", 10_000), kind: "capture", reference, reason: null } as const;
  expect(await provider.capture(whole, NEVER)).toEqual({ kind: "captured", heldMinor: 0 });
  const end = { ...common("INR", 10_000), kind: "void", reference, reason: null } as const;
  expect(await provider.void(end, NEVER)).toEqual({ kind: "voided" });
  expect(await provider.find(end, NEVER, true)).toEqual({ kind: "voided" });
  expect(await provider.charge(reference, NEVER)).toMatchObject({ capturedMinor: 10_000, refundedMinor: 10_000 });
});

test("UPI in another currency is declined by Stripe", async () => {
  const answer = await provider.authorize(authorization({ type: "upi", handle: "anna@okbank" }, "USD"), NEVER);
  expect(answer).toMatchObject({ kind: "declined" });
});

test("a charge with more refunds than Stripe sends with it is told completely", async () => {
  const reference = await captured();
  for (let refunds = 0; refunds < 12; refunds++) stripe.refund(reference, 100);
  expect(await provider.charge(reference, NEVER)).toMatchObject({ refundedMinor: 1_200 });
});

test("saves a card once, pays with it, and forgets it", async () => {
  const { savedMethods } = provider;
  const setup = { setupId: newId("psetup"), customerId: newId("cust"), customerReference: undefined };
  const started = await savedMethods.setUp(setup, NEVER);
  expect(started.clientSecret).toMatch(new RegExp(`^${started.reference}_secret_`));
  expect(await savedMethods.setUp(setup, NEVER)).toEqual(started);
  const { customerReference } = started;
  const next = await savedMethods.setUp({ ...setup, setupId: newId("psetup"), customerReference }, NEVER);
  expect(next).toMatchObject({ customerReference });
  expect(next.reference).not.toBe(started.reference);
  expect(await savedMethods.result(started.reference, NEVER)).toBeUndefined();
  stripe.completeSetup(started.reference, "pm_card_mastercard");
  const saved = await savedMethods.result(started.reference, NEVER);
  expect(saved).toEqual({
    token: expect.stringMatching(/^pm_/),
    customerReference,
    brand: "mastercard",
    last4: "4444",
    expiresMonth: 12,
    expiresYear: 2034,
  });
  const token = saved?.token ?? "";
  const pay = () => provider.authorize(authorization(card(token, customerReference)), NEVER);
  expect(await pay()).toMatchObject({ kind: "authorized", last4: "4444" });
  expect(await provider.authorize(authorization(card(token)), NEVER)).toMatchObject({ kind: "declined" });
  for (let times = 0; times < 2; times++) await savedMethods.forget(token, NEVER);
  await savedMethods.forget("pm_unknown", NEVER);
});

test("a dispute is told with its charge, and its evidence is submitted once", async () => {
  const { disputes } = provider;
  const reference = await captured("ISK", 5_000);
  const { id } = stripe.openDispute(reference);
  const dispute = await disputes.get(id, NEVER);
  expect(dispute).toEqual({
    reference: id,
    chargeReference: reference,
    currency: "ISK",
    amountMinor: 5_000,
    reason: "fraudulent",
    status: "needs_response",
    evidenceDueBy: expect.any(Date),
  });
  const submit = (key: string) => disputes.submitEvidence(id, { explanation: "It was delivered." }, key, NEVER);
  const keptFailures = ["keepFailure", undefined] as const;
  let posts = 0;
  stripe.faults.next = ({ method }) => (method === "POST" ? keptFailures[posts++] : undefined);
  await expect(submit("dp_1")).rejects.toThrow();
  expect(await submit("dp_1")).toMatchObject({ status: "under_review", evidenceDueBy: null });
  for (const key of ["dp_1", "dp_other"]) expect(await submit(key)).toMatchObject({ status: "under_review" });
  expect(stripe.dispute(id).evidence_details.submission_count).toBe(1);
  expect(await disputes.get("du_unknown", NEVER)).toBeUndefined();
});

test.each([
  ["payment_intent.succeeded", { id: "pi_1" }, { kind: "charge", reference: "pi_1" }],
  ["payment_intent.amount_capturable_updated", { id: "pi_1" }, { kind: "charge", reference: "pi_1" }],
  ["charge.refunded", { id: "ch_1", payment_intent: "pi_1" }, { kind: "charge", reference: "pi_1" }],
  ["charge.refund.updated", { id: "re_1", payment_intent: { id: "pi_1" } }, { kind: "charge", reference: "pi_1" }],
  ["refund.failed", { id: "re_1", payment_intent: "pi_1" }, { kind: "charge", reference: "pi_1" }],
  ["refund.created", { id: "re_1", payment_intent: null }, { kind: "nothing" }],
  ["charge.dispute.funds_withdrawn", { id: "du_1" }, { kind: "dispute", reference: "du_1" }],
  ["setup_intent.succeeded", { id: "seti_1" }, { kind: "setup", reference: "seti_1" }],
  ["setup_intent.created", { id: "seti_1" }, { kind: "nothing" }],
  ["charge.succeeded", { id: "ch_1", payment_intent: "pi_1" }, { kind: "nothing" }],
  ["invoice.paid", { id: "in_1" }, { kind: "nothing" }],
])("%s is about what it names", async (type, object, about) => {
  const at = new Date("2030-01-01T00:00:00Z"); // not the machine's clock
  const body = JSON.stringify({ id: "evt_1", object: "event", type, data: { object } });
  const headers = { "stripe-signature": stripe.sign(body, WEBHOOK_SECRET, at) };
  expect(await provider.notifications.read({ body, query: {}, headers }, at)).toEqual({
    eventId: "evt_1",
    type,
    about,
  });
});

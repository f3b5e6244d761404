import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import Stripe from "stripe";
import { eventually } from "#test/support/eventually.ts";
import { SECRET_KEY, WEBHOOK_SECRET } from "#test/support/stripe-server/open.ts";
import { type StripeServer, stripeServer } from "#test/support/stripe-server/stripe-server.ts";

// What tests rely on of the server that stands for Stripe, through Stripe's own library.

let folder: string;
let file: string;
let server: StripeServer;
let client: Stripe;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tradepost-stripe-"));
  file = join(folder, "stripe.sqlite");
  server = await stripeServer({ file });
  client = clientOf(server.url);
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

function clientOf(url: URL): Stripe {
  return new Stripe(SECRET_KEY, { host: url.hostname, port: url.port, protocol: "http", maxNetworkRetries: 0 });
}

const intent = { amount: 1_000, currency: "usd", payment_method: "pm_card_visa", confirm: true } as const;

test("a key gets its first answer again, and an error with other parameters", async () => {
  const key = { idempotencyKey: "key-1" };
  const first = await client.paymentIntents.create(intent, key);
  await client.refunds.create({ payment_intent: first.id });
  const again = await client.paymentIntents.create(intent, key);
  expect(again).toEqual(first);
  expect(again.lastResponse.headers["idempotent-replayed"]).toBe("true");
  expect(first.lastResponse.headers["idempotent-replayed"]).toBeUndefined();
  await expect(client.paymentIntents.create({ ...intent, amount: 2_000 }, key)).rejects.toMatchObject({
    type: "StripeIdempotencyError",
    statusCode: 400,
  });
});

test("a decline is repeated under its key, a wrong parameter is not kept", async () => {
  const declined = { ...intent, payment_method: "pm_card_chargeDeclined" };
  const decline = () => client.paymentIntents.create(declined, { idempotencyKey: "key-2" });
  const first = await decline().catch((error: Stripe.errors.StripeError) => error);
  const second = await decline().catch((error: Stripe.errors.StripeError) => error);
  expect(first).toMatchObject({ type: "StripeCardError", statusCode: 402, decline_code: "generic_decline" });
  expect((second as Stripe.errors.StripeError).payment_intent?.id).toBe(
    (first as Stripe.errors.StripeError).payment_intent?.id,
  );
  const key = { idempotencyKey: "key-3" };
  await expect(client.paymentIntents.create({ ...intent, amount: -1 }, key)).rejects.toMatchObject({ statusCode: 400 });
  await expect(client.paymentIntents.create({ ...intent, amount: -1 }, key)).rejects.toMatchObject({
    code: "parameter_invalid_integer",
  });
});

test("lists have pages, the newest first, and filters of time", async () => {
  const made: string[] = [];
  for (let count = 0; count < 5; count++) made.unshift((await client.paymentIntents.create(intent)).id);
  const ids: string[] = [];
  for await (const { id } of client.paymentIntents.list({ limit: 2 })) {
    ids.push(id);
    if (ids.length === made.length) break;
  }
  expect(ids).toEqual(made);
  const now = Math.floor(Date.now() / 1_000);
  expect((await client.paymentIntents.list({ created: { lt: now - 100 } })).data).toEqual([]);
  expect((await client.paymentIntents.list({ created: { gte: now - 100, lte: now + 1 }, limit: 3 })).has_more).toBe(
    true,
  );
});

test("an intent is confirmed later, and captured and canceled within its state only", async () => {
  const { id } = await client.paymentIntents.create({ amount: 1_000, currency: "usd", capture_method: "manual" });
  await expect(client.paymentIntents.capture(id)).rejects.toMatchObject({ code: "payment_intent_unexpected_state" });
  const confirmed = await client.paymentIntents.confirm(id, { payment_method: "pm_card_mastercard" });
  expect(confirmed).toMatchObject({ status: "requires_capture", amount_capturable: 1_000 });
  await expect(client.paymentIntents.capture(id, { amount_to_capture: 1_001 })).rejects.toMatchObject({
    code: "amount_too_large",
  });
  await client.paymentIntents.capture(id, { amount_to_capture: 400 });
  await expect(client.paymentIntents.cancel(id)).rejects.toMatchObject({ payment_intent: { status: "succeeded" } });
  await expect(client.refunds.create({ payment_intent: id, amount: 401 })).rejects.toMatchObject({ statusCode: 400 });
  const refund = await client.refunds.create({ payment_intent: id });
  expect(refund.amount).toBe(400);
  expect(await client.refunds.retrieve(refund.id)).toMatchObject({ status: "succeeded" });
});

test("a redirect is offered to whoever names where to return to", async () => {
  const waiting = await client.paymentIntents.create({
    ...intent,
    payment_method: "pm_card_authenticationRequired",
    return_url: "https://shop.example/back",
  });
  expect(waiting).toMatchObject({ status: "requires_action", next_action: { type: "redirect_to_url" } });
});

test("methods are attached to customers, listed and detached", async () => {
  const customer = await client.customers.create({ email: "anna@example.com" });
  const method = await client.paymentMethods.attach("pm_card_visa", { customer: customer.id });
  const listed = () => client.customers.listPaymentMethods(customer.id);
  expect((await listed()).data).toMatchObject([{ id: method.id, card: { last4: "4242" } }]);
  await client.paymentMethods.detach(method.id);
  expect((await listed()).data).toEqual([]);
  await expect(client.paymentMethods.detach(method.id)).rejects.toMatchObject({ statusCode: 400 });
});

test("amounts that Stripe cannot tell are refused", async () => {
  for (const [currency, amount] of [
    ["kwd", 5_124],
    ["isk", 150],
    ["ugx", 1],
  ] as const) {
    await expect(client.paymentIntents.create({ ...intent, currency, amount })).rejects.toMatchObject({
      statusCode: 400,
    });
  }
});

test("a request without a secret key is refused", async () => {
  const { url } = server;
  const other = new Stripe("pk_test_x", { host: url.hostname, port: url.port, protocol: "http", maxNetworkRetries: 0 });
  await expect(other.paymentIntents.create(intent)).rejects.toMatchObject({ statusCode: 401 });
});

test("everything survives a restart: objects, keys, and events that were not delivered", async () => {
  const received: { body: string; signature: string }[] = [];
  const shop = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    received.push({ body, signature: request.headers["stripe-signature"]?.toString() ?? "" });
    response.writeHead(received.length < 3 ? 500 : 200).end(); // it fails at first, so Stripe tries again
  });
  await new Promise<void>((resolve) => shop.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
  const webhooks = { url, secret: WEBHOOK_SECRET };
  const own = join(folder, "restart.sqlite");
  const before = await stripeServer({ file: own, webhooks });
  before.holdWebhooks();
  const key = { idempotencyKey: "key-4" };
  const made = await clientOf(before.url).paymentIntents.create(intent, key);
  await before.stop();
  expect(received).toEqual([]);
  const after = await stripeServer({ file: own, webhooks, port: Number(before.url.port) });
  try {
    const again = clientOf(before.url);
    expect((await again.paymentIntents.create(intent, key)).id).toBe(made.id);
    expect(await again.paymentIntents.retrieve(made.id)).toMatchObject({ status: "succeeded" });
    await eventually(() => expect(after.undelivered()).toBe(0));
    const types = received.map(({ body }) => (JSON.parse(body) as Stripe.Event).type);
    expect(types).toEqual(expect.arrayContaining(["payment_intent.created", "payment_intent.succeeded"]));
    for (const { body, signature } of received) {
      expect(again.webhooks.constructEvent(body, signature, WEBHOOK_SECRET)).toMatchObject({ object: "event" });
    }
    const events = await again.events.list({ type: "payment_intent.succeeded" });
    expect(events.data).toMatchObject([{ data: { object: { id: made.id } } }]);
  } finally {
    await after.stop();
    shop.closeAllConnections();
    shop.close();
  }
});

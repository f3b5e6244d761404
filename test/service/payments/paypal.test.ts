import { expect, test } from "@jest/globals";
import { paypalProvider } from "#services/commerce/payments/providers/paypal.ts";
import { paypalServer } from "#test/support/paypal-server.ts";
import { authorization, expectKind, newPayment, operation } from "./provider-requests.ts";
import { type OpenedProvider, redirectingSuite } from "./redirecting-suite.ts";

const WEBHOOK = { webhookId: "WEBHOOK1" };
const NEVER = new AbortController().signal;
const METHOD = { type: "wallet", wallet: "paypal" } as const;

async function openPaypal(
  notifyUrl: string,
): Promise<OpenedProvider & { server: Awaited<ReturnType<typeof paypalServer>> }> {
  const server = await paypalServer({ ...WEBHOOK, notifyUrl });
  const provider = await paypalProvider({
    ...WEBHOOK,
    clientId: "client",
    clientSecret: "secret",
    apiBase: server.url,
    returnUrl: "https://shop.example/orders/{orderId}",
  });
  const orderOf = (reference: string) => {
    const order = server.orders.get(reference);
    if (!order) throw new Error(`PayPal does not know ${reference}.`);
    return order;
  };
  return {
    server,
    provider,
    customerAgrees: server.approve,
    plan: (fault) => server.plan(fault, ({ method, path }) => method === "POST" && !path.includes("oauth2")),
    moves: (reference) => {
      const { authorizations, captures, refunds } = server.paymentsOf(orderOf(reference));
      return [...captures, ...refunds, ...authorizations.filter(({ status }) => status === "VOIDED")];
    },
    notification: (reference) => ({ ...server.webhook(reference), query: {} }),
    forged: (reference) => {
      const { body, headers } = server.webhook(reference);
      return { body: body.replace("WH-", "WH-0"), headers, query: {} };
    },
    notify: (reference) => server.notify(server.webhook(reference)),
    close: server.stop,
  };
}

redirectingSuite("PayPal", openPaypal, {
  methodId: "paypal",
  method: METHOD,
  currency: "USD",
  amountMinor: 25_050,
  partMinor: 10_001,
  otherCurrency: "VND",
  keepsRest: true,
  tellsRefunds: true,
  action: (received) => ["payments.receive", { provider: "paypal", ...received }],
});

async function held(opened: Awaited<ReturnType<typeof openPaypal>>, payment = newPayment("USD", 30_000)) {
  const { provider, server } = opened;
  const { reference } = expectKind(await provider.authorize(authorization(payment, METHOD), NEVER), "actionRequired");
  server.approve(reference);
  expectKind(await provider.confirm(operation(payment, "confirm", reference), NEVER), "authorized");
  return { payment, reference };
}

test("makes an order of intent AUTHORIZE under the operation's key, with the way back to the order", async () => {
  const { provider, server, close } = await openPaypal("http://shop.invalid");
  const payment = newPayment("USD", 1_999);
  const request = authorization(payment, METHOD);
  await provider.authorize(request, NEVER);
  const made = server.requests.find(({ path }) => path === "/v2/checkout/orders");
  expect(made?.headers["paypal-request-id"]).toBe(request.key);
  const url = `https://shop.example/orders/${payment.orderId}`;
  expect(JSON.parse(made?.body ?? "")).toMatchObject({
    intent: "AUTHORIZE",
    purchase_units: [{ amount: { currency_code: "USD", value: "19.99" } }],
    payment_source: { paypal: { experience_context: { return_url: url, cancel_url: url } } },
  });
  await close();
});

test.each([
  ["JPY", 1_500, "1500"],
  ["HUF", 150_000, "1500"],
  ["EUR", 5, "0.05"],
])("writes amounts in %s as PayPal does", async (currency, amountMinor, value) => {
  const { provider, server, close } = await openPaypal("http://shop.invalid");
  const payment = newPayment(currency, amountMinor);
  const { reference } = expectKind(await provider.authorize(authorization(payment, METHOD), NEVER), "actionRequired");
  expect(server.orders.get(reference)?.purchase_units[0]?.amount.value).toBe(value);
  expect(await provider.charge(reference, NEVER)).toMatchObject({ currency, amountMinor });
  await close();
});

test("a fraction that PayPal does not take is declined", async () => {
  const { provider, close } = await openPaypal("http://shop.invalid");
  const answer = await provider.authorize(authorization(newPayment("HUF", 150_050), METHOD), NEVER);
  expect(answer).toMatchObject({ decline: { code: "amount_unsupported" } });
  await close();
});

test("a declined instrument is declined with PayPal's code", async () => {
  const { provider, server, close } = await openPaypal("http://shop.invalid");
  const payment = newPayment("USD", 1_999);
  const { reference } = expectKind(await provider.authorize(authorization(payment, METHOD), NEVER), "actionRequired");
  server.approve(reference);
  server.authorizationIssues.push("INSTRUMENT_DECLINED");
  const answer = await provider.confirm(operation(payment, "confirm", reference), NEVER);
  expect(answer).toMatchObject({ kind: "declined", decline: { code: "INSTRUMENT_DECLINED" } });
  await close();
});

test("an order that PayPal has forgotten is voided without it", async () => {
  const { provider, server, close } = await openPaypal("http://shop.invalid");
  const payment = newPayment("USD", 1_999);
  const { reference } = expectKind(await provider.authorize(authorization(payment, METHOD), NEVER), "actionRequired");
  server.orders.delete(reference);
  expectKind(await provider.void(operation(payment, "void", reference, 0), NEVER), "voided");
  await close();
});

test("a refund of more than one capture is given back from each of them", async () => {
  const opened = await openPaypal("http://shop.invalid");
  const { payment, reference } = await held(opened);
  for (const amount of [10_000, 20_000]) {
    expectKind(await opened.provider.capture(operation(payment, "capture", reference, amount), NEVER), "captured");
  }
  const refund = operation(payment, "refund", reference, 25_000);
  opened.server.plan("loseAnswer", ({ path }) => path.endsWith("/refund")); // of the first part
  await expect(opened.provider.refund(refund, NEVER)).rejects.toThrow();
  expect(await opened.provider.find(refund, NEVER, true)).toBeUndefined();
  expect(await opened.provider.refund(refund, NEVER)).toEqual({ kind: "refunded" });
  const { refunds } = opened.server.paymentsOf(opened.server.orders.get(reference) as never);
  expect(refunds.map(({ amount }) => amount.value)).toEqual(["100.00", "150.00"]);
  expect(await opened.provider.charge(reference, NEVER)).toMatchObject({
    capturedMinor: 30_000,
    refundedMinor: 25_000,
  });
  await opened.close();
});

test("the rest of a capture can be released", async () => {
  const opened = await openPaypal("http://shop.invalid");
  const { payment, reference } = await held(opened);
  await opened.provider.capture(operation(payment, "capture", reference, 10_000), NEVER);
  expectKind(await opened.provider.void(operation(payment, "void", reference, 20_000), NEVER), "voided");
  expect(await opened.provider.charge(reference, NEVER)).toMatchObject({ heldMinor: 0, capturedMinor: 10_000 });
  await opened.close();
});

test("a refused access token says nothing about the request", async () => {
  const { provider, server, close } = await openPaypal("http://shop.invalid");
  server.refuseTokens();
  await expect(provider.authorize(authorization(newPayment("USD", 1_000), METHOD), NEVER)).rejects.toThrow();
  await close();
});

test("fetches the certificate once, and from PayPal only", async () => {
  const opened = await openPaypal("http://shop.invalid");
  const { reference } = await held(opened);
  const read = async (certificate?: string) => {
    const { headers, ...received } = opened.notification(reference);
    const address = certificate ? { "paypal-cert-url": certificate } : {};
    return opened.provider.notifications?.read({ ...received, headers: { ...headers, ...address } }, new Date());
  };
  await read();
  await read();
  const fetched = opened.server.requests.filter(({ path }) => path.includes("/certs/"));
  expect(fetched).toHaveLength(1);
  for (const stranger of [
    "https://paypal.com.evil.example/v1/notifications/certs/CERT-1",
    "https://evilpaypal.com/v1/notifications/certs/CERT-1",
    "http://api.paypal.com/v1/notifications/certs/CERT-1",
    "https://api.paypal.com/elsewhere",
    new URL("/v1/notifications/other", opened.server.url).href,
    "no address",
  ]) {
    await expect(read(stranger)).rejects.toMatchObject({ type: "INVALID_SIGNATURE" });
  }
  expect(opened.server.requests.filter(({ path }) => path.startsWith("/v1/notifications"))).toHaveLength(1);
  await opened.close();
});

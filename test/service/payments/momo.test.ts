import { expect, test } from "@jest/globals";
import { momoProvider } from "#services/commerce/payments/providers/momo.ts";
import { SpentKey } from "#services/commerce/payments/providers/provider.ts";
import { momoServer } from "#test/support/momo-server.ts";
import { authorization, expectKind, newPayment, operation } from "./provider-requests.ts";
import { type OpenedProvider, redirectingSuite } from "./redirecting-suite.ts";

const KEYS = { partnerCode: "MOMOTEST", accessKey: "access", secretKey: "a secret of tests" };
const NEVER = new AbortController().signal;
const METHOD = { type: "wallet", wallet: "momo" } as const;

async function openMomo(
  notifyUrl: string,
): Promise<OpenedProvider & { server: Awaited<ReturnType<typeof momoServer>> }> {
  const server = await momoServer(KEYS);
  const paymentOf = (reference: string) => {
    const payment = server.payments.get(reference);
    if (!payment) throw new Error(`MoMo does not know ${reference}.`);
    return payment;
  };
  return {
    server,
    provider: momoProvider({
      ...KEYS,
      apiBase: server.url,
      returnUrl: "https://shop.example/orders/{orderId}",
      notifyUrl,
    }),
    customerAgrees: server.agree,
    customerRefuses: server.refuse,
    plan: (fault) => server.plan(fault, ({ path }) => !path.endsWith("/query")),
    moves: (reference) => {
      const { resultCode, refundTrans } = paymentOf(reference);
      return [...refundTrans, ...(resultCode === 0 || resultCode === 1_017 ? [resultCode] : [])];
    },
    notification: (reference) => ({
      body: JSON.stringify(server.notification(paymentOf(reference))),
      query: {},
      headers: {},
    }),
    forged: (reference) => ({
      body: JSON.stringify({ ...server.notification(paymentOf(reference)), amount: 1 }),
      query: {},
      headers: {},
    }),
    notify: (reference) => server.notify(paymentOf(reference)),
    close: server.stop,
  };
}

redirectingSuite("MoMo", openMomo, {
  methodId: "momo",
  method: METHOD,
  currency: "VND",
  amountMinor: 250_000,
  partMinor: 100_000,
  otherCurrency: "USD",
  tellsRefunds: true,
  action: (received) => ["payments.receive", { provider: "momo", ...received }],
});

test("an authorisation whose answer was lost is repeated under its key, and makes one payment", async () => {
  const { provider, server, plan, close } = await openMomo("http://shop.invalid");
  const request = authorization(newPayment("VND", 50_000), METHOD);
  plan("loseAnswer");
  await expect(provider.authorize(request, NEVER)).rejects.toThrow();
  expect(await provider.find(request, NEVER, true)).toBeUndefined(); // its page is known only from its making
  const { action } = expectKind(await provider.authorize(request, NEVER), "actionRequired");
  expect(action.url).toContain(request.key);
  expect(server.payments.size).toBe(1);
  await close();
});

test("a key that MoMo does not answer again is spent; a payment under it is found", async () => {
  const { provider, server, close } = await openMomo("http://shop.invalid");
  const request = authorization(newPayment("VND", 50_000), METHOD);
  await provider.authorize(request, NEVER);
  server.forget(); // the stored answers
  await expect(provider.authorize(request, NEVER)).rejects.toThrow(SpentKey);
  server.agree(request.key);
  const next = { ...request, key: `${request.key}.1`, spentKeys: [request.key] };
  expect(await provider.find(next, NEVER, true)).toMatchObject({ kind: "authorized", reference: request.key });
  await close();
});

test("a hold that MoMo has released cannot be captured", async () => {
  const { provider, server, close } = await openMomo("http://shop.invalid");
  const payment = newPayment("VND", 50_000);
  const { reference } = expectKind(await provider.authorize(authorization(payment, METHOD), NEVER), "actionRequired");
  Object.assign(server.agree(reference), { resultCode: 1_003 });
  const answer = expectKind(await provider.capture(operation(payment, "capture", reference), NEVER), "declined");
  expect(answer.decline).toEqual({ code: "1003", message: "code 1003" });
  expect(await provider.charge(reference, NEVER)).toMatchObject({ state: "released", heldMinor: 0 });
  await close();
});

test("a rest that is too small to be given back is not captured", async () => {
  const { provider, server, close } = await openMomo("http://shop.invalid");
  const payment = newPayment("VND", 50_000);
  const { reference } = expectKind(await provider.authorize(authorization(payment, METHOD), NEVER), "actionRequired");
  server.agree(reference);
  const capture = operation(payment, "capture", reference, 49_500);
  expect(await provider.capture(capture, NEVER)).toMatchObject({ decline: { code: "amount_unsupported" } });
  expect(await provider.charge(reference, NEVER)).toMatchObject({ heldMinor: 50_000, capturedMinor: 0 });
  await close();
});

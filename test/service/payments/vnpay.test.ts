import { expect, test } from "@jest/globals";
import { vnpayProvider } from "#services/commerce/payments/providers/vnpay.ts";
import { vnpayServer } from "#test/support/vnpay-server.ts";
import { authorization, expectKind, newPayment, operation } from "./provider-requests.ts";
import { type OpenedProvider, redirectingSuite } from "./redirecting-suite.ts";

const KEYS = { terminal: "TESTSHOP", secret: "a secret of tests" };
const NEVER = new AbortController().signal;
const METHOD = { type: "bank_redirect", bank: "vnpay" } as const;
const DAY_MS = 86_400_000;

async function openVnpay(
  notifyUrl: string,
): Promise<OpenedProvider & { server: Awaited<ReturnType<typeof vnpayServer>> }> {
  const server = await vnpayServer({ ...KEYS, notifyUrl });
  const provider = await vnpayProvider({
    ...KEYS,
    apiBase: server.url,
    returnUrl: "https://shop.example/orders/{orderId}",
  });
  /** The page of each payment, as the customer would have been sent to it. */
  const urls = new Map<string, string>();
  const authorize = provider.authorize.bind(provider);
  provider.authorize = async (request, signal) => {
    const answer = await authorize(request, signal);
    if (answer.kind === "actionRequired") urls.set(answer.reference, answer.action.url);
    return answer;
  };
  const urlOf = (reference: string) => urls.get(reference) ?? "";
  const paymentOf = (reference: string) => server.open(urlOf(reference));
  return {
    server,
    provider,
    customerAgrees: (reference) => server.pay(urlOf(reference)),
    customerRefuses: (reference) => server.decline(urlOf(reference)),
    plan: (fault) => server.plan(fault, ({ body }) => body.includes('"vnp_Command":"refund"')),
    moves: (reference) => server.refunds.filter(({ txnRef }) => txnRef === reference),
    notification: (reference) => ({ body: "", query: server.notification(paymentOf(reference)), headers: {} }),
    forged: (reference) => {
      const query = { ...server.notification(paymentOf(reference)), vnp_Amount: "100" };
      return { body: "", query, headers: {} };
    },
    notify: (reference) => server.notify(paymentOf(reference)),
    close: server.stop,
  };
}

redirectingSuite("VNPay", openVnpay, {
  methodId: "vnpay",
  method: METHOD,
  currency: "VND",
  amountMinor: 250_000,
  partMinor: 100_000,
  otherCurrency: "USD",
  takesAtOnce: true,
  action: ({ body, query, headers }) => ["payments.receiveVnpay", { body, query, headers }],
});

test("a refund of a part whose answer was lost moves the money once, and stays in doubt", async () => {
  const opened = await openVnpay("http://shop.invalid");
  const { provider, server } = opened;
  const payment = newPayment("VND", 250_000);
  const { reference } = expectKind(await provider.authorize(authorization(payment, METHOD), NEVER), "actionRequired");
  await opened.customerAgrees(reference);
  const refund = operation(payment, "refund", reference, 100_000);
  opened.plan("loseAnswer");
  await expect(provider.refund(refund, NEVER)).rejects.toThrow();
  expect(await provider.find(refund, NEVER, true)).toBeUndefined();
  await expect(provider.refund(refund, NEVER)).rejects.toThrow(/94/); // VNPay has this request already
  const asked = server.requests.length;
  const tomorrow = { ...refund, until: new Date(Date.now() + DAY_MS) };
  await expect(provider.refund(tomorrow, NEVER)).rejects.toThrow(/portal/); // it would not be refused any more
  expect(server.requests.slice(asked).every(({ body }) => body.includes("querydr"))).toBe(true);
  expect(server.refunds).toHaveLength(1);
  await opened.close();
});

test("a payment that the customer has begun cannot be voided until it is decided", async () => {
  const opened = await openVnpay("http://shop.invalid");
  const { provider, server } = opened;
  const payment = newPayment("VND", 250_000);
  const answer = expectKind(await provider.authorize(authorization(payment, METHOD), NEVER), "actionRequired");
  const begun = server.open(answer.action.url);
  const release = operation(payment, "void", answer.reference, 0);
  await expect(provider.void(release, NEVER)).rejects.toThrow(/may still be paid/);
  begun.status = "02"; // the customer has given up, or the page has expired
  expectKind(await provider.void(release, NEVER), "voided");
  await opened.close();
});

test("an answer that is not signed by VNPay is not believed", async () => {
  const opened = await openVnpay("http://shop.invalid");
  const payment = newPayment("VND", 250_000);
  const answer = expectKind(await opened.provider.authorize(authorization(payment, METHOD), NEVER), "actionRequired");
  await opened.customerAgrees(answer.reference);
  const stranger = await vnpayProvider({
    ...KEYS,
    secret: "another secret",
    apiBase: opened.server.url,
    returnUrl: "https://shop.example",
  });
  await expect(stranger.charge(answer.reference, NEVER)).rejects.toThrow();
  await opened.close();
});

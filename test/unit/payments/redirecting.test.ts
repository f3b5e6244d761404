import { expect, test } from "@jest/globals";
import { parseEnv } from "#config/env.ts";
import type { Charge } from "#services/commerce/payments/domain/charge.ts";
import { compare } from "#services/commerce/payments/domain/compare.ts";
import type { Payment } from "#services/commerce/payments/domain/payment.ts";
import { redirectingProviders } from "#services/commerce/payments/providers/redirecting.ts";
import { returnUrl } from "#services/commerce/payments/providers/return-url.ts";

const ALL = {
  ...{ PAYPAL_CLIENT_ID: "client", PAYPAL_CLIENT_SECRET: "secret", VNPAY_TERMINAL: "SHOP", VNPAY_SECRET: "secret" },
  ...{ MOMO_PARTNER_CODE: "MOMO", MOMO_ACCESS_KEY: "access", MOMO_SECRET_KEY: "secret" },
};

test("opens the providers whose secrets are set", async () => {
  expect(await redirectingProviders(parseEnv({}))).toEqual([]);
  const names = (await redirectingProviders(parseEnv(ALL))).map(({ name }) => name);
  expect(names).toEqual(["paypal", "vnpay", "momo"]);
});

test.each(Object.keys(ALL))("stops with a line that names %s when only that is missing", async (missing) => {
  const env = parseEnv({ ...ALL, [missing]: undefined });
  const line = new RegExp(`^${missing}: must be set together with [A-Z_]+( and [A-Z_]+)?$`);
  await expect(redirectingProviders(env)).rejects.toMatchObject({ name: "StartupError", message: line });
});

test("PayPal's webhooks are refused without the webhook's id", async () => {
  const [paypal] = await redirectingProviders(parseEnv(ALL));
  expect(paypal?.notifications).toBeUndefined();
  const [notified] = await redirectingProviders(parseEnv({ ...ALL, PAYPAL_WEBHOOK_ID: "WH" }));
  expect(notified?.notifications).toBeDefined();
});

test("the way back names the order", () => {
  expect(returnUrl("https://shop.example/o/{orderId}?again={orderId}", "ord_1/")).toBe(
    "https://shop.example/o/ord_1%2F?again=ord_1%2F",
  );
});

const captured: Payment = {
  ...{ state: "captured", amountMinor: 100, parts: [], goal: { kind: "none" }, setbacks: 0 },
  ...{ heldMinor: 0, capturedMinor: 60, refundedMinor: 20 },
} as Payment;
const charge: Charge = {
  ...{ reference: "r", state: "accepted", paymentId: "pay_1", orderId: "ord_1", currency: "VND", amountMinor: 100 },
  ...{ heldMinor: 0, capturedMinor: 100, refundedMinor: 0, fundsUnknown: true },
};

test("what a provider does not tell is not compared; what it says of the payment is", () => {
  expect(compare(captured, charge, "ref_1")).toEqual({ kind: "agrees" });
  expect(compare(captured, { ...charge, state: "declined" }, "ref_1")).toMatchObject({ kind: "differs" });
  const voided = {
    state: "voided",
    amountMinor: 100,
    parts: [],
    goal: { kind: "none" },
    setbacks: 0,
  } as unknown as Payment;
  expect(compare(voided, charge, "ref_1")).toMatchObject({ kind: "differs" });
  expect(compare(voided, { ...charge, refundedMinor: 100 }, "ref_1")).toEqual({ kind: "agrees" });
});

test("a customer who has agreed begins the confirmation", () => {
  const waiting = {
    state: "requires_action",
    amountMinor: 100,
    goal: { kind: "none" },
    setbacks: 0,
    parts: [],
  } as unknown as Payment;
  const agreed: Charge = { ...charge, state: "agreed", capturedMinor: 0 };
  expect(compare(waiting, agreed, "ref_1")).toEqual({ kind: "input", input: { kind: "confirm" } });
  expect(compare(waiting, { ...agreed, state: "waiting" }, "ref_1")).toEqual({ kind: "agrees" });
});

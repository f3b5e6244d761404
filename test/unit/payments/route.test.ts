import { describe, expect, test } from "@jest/globals";
import { methodOf } from "#services/commerce/payments/domain/method.ts";
import { parseRoutes, providersFor, type RoutedPayment } from "#services/commerce/payments/domain/route.ts";

const routed = (paymentMethodId: string, currency = "USD", country: string | null = "US"): RoutedPayment => ({
  method: methodOf(paymentMethodId),
  currency,
  country,
});

test.each([
  ["pm_card_visa", { type: "card", token: "pm_card_visa" }],
  ["paypal", { type: "wallet", wallet: "paypal" }],
  ["momo", { type: "wallet", wallet: "momo" }],
  ["vnpay", { type: "bank_redirect", bank: "vnpay" }],
  ["pmeth_01h455vb4pex5vsknk084sn02q", { type: "saved", savedMethodId: "pmeth_01h455vb4pex5vsknk084sn02q" }],
  ["upi:priya.k@okbank", { type: "upi", handle: "priya.k@okbank" }],
  ["emi:standard:6:pm_card_visa", { type: "emi", plan: "standard", months: 6, token: "pm_card_visa" }],
  ["upi:nobody", { type: "card", token: "upi:nobody" }], // no UPI address: a token that no provider knows
  ["emi:standard:0:pm_card_visa", { type: "card", token: "emi:standard:0:pm_card_visa" }],
])("%s is read as a method", (id, method) => {
  expect(methodOf(id)).toEqual(method);
});

describe("without routes, every configured provider takes what it can", () => {
  test.each([
    [routed("pm_card_visa"), ["stripe"]],
    [routed("paypal"), ["paypal"]],
    [routed("vnpay", "VND"), ["vnpay"]],
    [routed("vnpay", "USD"), []],
    [routed("momo", "VND"), ["momo"]],
    [routed("momo", "USD"), []],
  ])("%j", (asked, expected) => {
    expect(providersFor(asked, ["stripe", "paypal", "vnpay", "momo"])).toEqual(expected);
  });

  test("the test provider takes everything", () => {
    for (const id of ["pm_card_visa", "paypal", "vnpay", "upi:a.b@bank"]) {
      expect(providersFor(routed(id), ["test"])).toEqual(["test"]);
    }
  });
});

describe("routes", () => {
  const routes = parseRoutes(
    JSON.stringify([
      { provider: "test", countries: ["VN"] },
      { provider: "stripe", types: ["card"], currencies: ["USD", "EUR"] },
      { provider: "test", types: ["card"] },
    ]),
  );

  test("are tried in their order, each provider once", () => {
    expect(providersFor(routed("pm_card_visa", "USD", "VN"), ["stripe", "test"], routes)).toEqual(["test", "stripe"]);
    expect(providersFor(routed("pm_card_visa", "USD"), ["stripe", "test"], routes)).toEqual(["stripe", "test"]);
    expect(providersFor(routed("pm_card_visa", "JPY"), ["stripe", "test"], routes)).toEqual(["test"]);
  });

  test("leave out providers without their secrets, and never ask one for what it cannot do", () => {
    expect(providersFor(routed("pm_card_visa"), ["test"], routes)).toEqual(["test"]);
    expect(providersFor(routed("paypal"), ["stripe"], [{ provider: "stripe" }])).toEqual([]);
  });

  test("with a country do not fit an order whose country is unknown", () => {
    expect(providersFor(routed("paypal", "USD", null), ["test"], routes)).toEqual([]);
  });

  test.each([
    ["not JSON", "PAYMENT_ROUTES: must be JSON"],
    ['[{"provider": "nobody"}]', "PAYMENT_ROUTES/0"],
    ['[{"provider": "test", "country": "US"}]', "PAYMENT_ROUTES/0"],
  ])("that cannot be read stop the start: %s", (text, message) => {
    expect(() => parseRoutes(text)).toThrow(message);
  });
});

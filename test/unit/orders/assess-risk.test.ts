import { expect, test } from "@jest/globals";
import { parseEnv } from "#config/env.ts";
import type { Auth } from "#lib/contract/access.ts";
import { publicReason, publicStep } from "#services/commerce/orders/domain/public-words.ts";
import { assessRisk } from "#services/commerce/orders/steps/assess-risk.ts";
import { customer, GUEST, staff } from "#test/support/identities.ts";
import { line } from "./order-examples.ts";

const address = { street: "1 Market Street", city: "Portland", state: "OR", zipCode: "97201" };
const purchase = {
  ...{ orderId: "ord_1", customerId: "cust_1", currency: "USD", paymentMethodId: "pm_card_visa" },
  taxes: [],
  lines: [line("a", 2, 1_000), line("b", 1, 500)],
  shippingAddress: address,
  billingAddress: { ...address, country: "DE" },
};

/** What fraud was sent, and what orders made of its answer. */
async function ask(answer: () => Promise<object>, auth: Auth = GUEST, settings: Record<string, string> = {}) {
  const sent: unknown[] = [];
  const warnings: string[] = [];
  const call = (...args: unknown[]) => {
    sent.push(args);
    return answer();
  };
  const env = parseEnv({ SHOP_COUNTRY: "NL", ...settings });
  const log = { warn: (text: string) => warnings.push(text) };
  const risk = await assessRisk({ call, log, env, auth, address: "203.0.113.7" } as never, purchase);
  return { sent, warnings, risk };
}

const accepted = async () => ({ score: 8, decision: "accept", reasons: [] });

test("fraud gets the total, the pieces, both addresses with a country, and the customer's network address", async () => {
  const { sent, risk } = await ask(accepted);
  expect(sent).toEqual([
    [
      "fraud.assess",
      {
        ...{
          orderId: "ord_1",
          customerId: "cust_1",
          currency: "USD",
          paymentMethodId: "pm_card_visa",
          totalAmount: 25,
        },
        items: [
          { sku: "a", quantity: 2 },
          { sku: "b", quantity: 1 },
        ],
        shippingAddress: { ...address, country: "NL" },
        billingAddress: { ...address, country: "DE" },
        address: "203.0.113.7",
      },
      { timeoutMs: 500 },
    ],
  ]);
  expect(risk).toEqual({ decision: "accept", assessment: { score: 8, reasons: [] } });
});

test("the network address of staff who order for a customer says nothing about the customer", async () => {
  const addressOf = async (auth: Auth) => ((await ask(accepted, auth)).sent as [[string, object]])[0][1];
  expect(await addressOf(staff("orders:write"))).not.toHaveProperty("address");
  expect(await addressOf(customer("cust_1"))).toHaveProperty("address");
});

test.each(["accept", "review"] as const)(
  "an assessment that fails is replaced by FRAUD_UNAVAILABLE: %s",
  async (setting) => {
    const failing = () => Promise.reject(new Error("timed out"));
    const { risk, warnings } = await ask(failing, GUEST, { FRAUD_UNAVAILABLE: setting });
    expect(risk).toEqual({ decision: setting, assessment: null });
    expect(warnings).toEqual(["A purchase is placed without an assessment of its risk."]);
  },
);

test("a suspicion has other words for customers, and everything else has the same", () => {
  expect(["fraud_refused", "fraud_rejected", "out_of_stock"].map(publicReason)).toEqual([
    "not_accepted",
    "not_accepted",
    "out_of_stock",
  ]);
  expect(["RiskRefused", "ReviewRejected", "ReviewApproved"].map(publicStep)).toEqual([
    "OrderNotAccepted",
    "OrderNotAccepted",
    "ReviewApproved",
  ]);
});

import { describe, expect, test } from "@jest/globals";
import { type PurchaseTerms, sameTerms } from "#services/commerce/orders/domain/purchase-terms.ts";

const terms: PurchaseTerms = {
  lines: [
    { sku: "a", quantity: 1, priceMinor: 100 },
    { sku: "b", quantity: 2, priceMinor: 200 },
  ],
  currency: "USD",
  shippingAddress: { street: "1 Market Street", city: "Portland" },
  billingAddress: null,
  shippingMethod: "standard",
  paymentMethodId: "pm_card_visa",
  email: null,
  tenders: [],
  taxId: null,
  coupons: [],
};
const card = (giftCardId: string, amountMinor = 100) =>
  ({ type: "giftCard", giftCardId, last4: "3WNE", amountMinor }) as const;

describe("two purchases", () => {
  test("are the same in any sequence of their lines and of the fields of the address", () => {
    expect(sameTerms(terms, structuredClone(terms))).toBe(true);
    expect(sameTerms(terms, { ...terms, lines: terms.lines.toReversed() })).toBe(true);
    expect(sameTerms(terms, { ...terms, shippingAddress: { city: "Portland", street: "1 Market Street" } })).toBe(true);
  });

  test("are the same whatever their gift cards and store credit pay", () => {
    const credit = (amountMinor: number) => ({ type: "storeCredit", amountMinor }) as const;
    const paid = { ...terms, tenders: [card("gift_1"), credit(5)] };
    expect(sameTerms(paid, { ...terms, tenders: [card("gift_1", 0), credit(0)] })).toBe(true);
    expect(sameTerms(paid, { ...terms, tenders: [card("gift_1")] })).toBe(false);
    expect(sameTerms(paid, { ...terms, tenders: [card("gift_2"), credit(5)] })).toBe(false);
  });

  const [a = { sku: "", quantity: 0, priceMinor: 0 }, ...others] = terms.lines;
  test.each<[string, Partial<PurchaseTerms>]>([
    ["a line less", { lines: others }],
    ["a line more", { lines: [...terms.lines, a] }],
    ["another quantity", { lines: [{ ...a, quantity: 2 }, ...others] }],
    ["another price", { lines: [{ ...a, priceMinor: 101 }, ...others] }],
    ["another currency", { currency: "EUR" }],
    ["another city", { shippingAddress: { street: "1 Market Street", city: "Salem" } }],
    ["one more field in the address", { shippingAddress: { ...terms.shippingAddress, country: "US" } }],
    ["an address for the invoice", { billingAddress: terms.shippingAddress }],
    ["another payment method", { paymentMethodId: "pm_other" }],
    ["another guest", { email: "a@example.com" }],
  ])("differ by %s", (_, change) => {
    expect(sameTerms(terms, { ...terms, ...change })).toBe(false);
  });
});

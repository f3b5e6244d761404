import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { draftCreditNote, draftInvoice } from "#services/commerce/billing/domain/draft.ts";
import { taxesFor } from "#services/product/pricing/tax/domain/taxes-for.ts";
import { rateOf, settingsOf } from "../pricing/tax-examples.ts";

const address = { street: "1 Invoice Lane", city: "Leeds", state: "", zipCode: "LS1 1AA", country: "GB" };
const seller = { name: "Shop", address };
const RATES = [0, 5, 20].map((rate) => rateOf({ name: "VAT", rate, category: String(rate) }));

/** Orders with discounts, whose prices include taxes or do not. */
const orders = fc
  .record({
    lines: fc.array(
      fc.record({
        ...{ quantity: fc.integer({ min: 1, max: 20 }), priceMinor: fc.integer({ min: 1, max: 5_000 }) },
        off: fc.double({ min: 0, max: 1, noNaN: true }),
        category: fc.constantFrom("0", "5", "20"),
      }),
      { minLength: 1, maxLength: 6 },
    ),
    pricesIncludeElsewhere: fc.boolean(),
    cuts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
  })
  .map(({ lines: some, pricesIncludeElsewhere, cuts }) => {
    const lines = some.map(({ quantity, priceMinor, off }, i) => {
      const discountMinor = Math.floor(quantity * priceMinor * off);
      return { sku: `sku-${i}`, title: "t", quantity, priceMinor, discountMinor };
    });
    const totals = lines.map(({ quantity, priceMinor, discountMinor }, i) => ({
      ...{ totalMinor: quantity * priceMinor - discountMinor, category: some[i]?.category ?? "0" },
    }));
    const found = taxesFor(RATES, settingsOf({ pricesIncludeElsewhere, roundPer: "order" }), totals, { country: "CA" });
    const goodsMinor = totals.reduce((sum, { totalMinor }) => sum + totalMinor, 0);
    const taxMinor = found.taxes.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
    const totalMinor = goodsMinor + (pricesIncludeElsewhere ? 0 : taxMinor);
    const discountMinor = lines.reduce((sum, line) => sum + line.discountMinor, 0);
    return {
      ...{ goodsMinor, taxMinor, discountMinor, cuts },
      order: {
        ...{ orderId: "ord_1", customerId: "cust_1", email: "a@example.com", totalMinor, currency: "GBP" },
        lines: lines.map((line, i) => ({ ...line, taxes: found.lines[i] ?? [] })),
        discounts: [{ name: "Sale", amountMinor: discountMinor }],
        ...{ shippingAddress: address, billingAddress: null, tenders: [], taxes: found.taxes, taxId: null },
        createdAt: "2026-11-30T12:00:00.000Z",
      },
    };
  });

test("an invoice has the discounts of its lines, and refunds of all of it give back exactly what was paid", () => {
  fc.assert(
    fc.property(orders, ({ order, goodsMinor, taxMinor, discountMinor, cuts }) => {
      const where = { shopCountry: "GB", isCountry: () => true };
      const method = { type: "card" as const };
      const parts = { documentId: "inv_1", order, name: undefined, method, seller, ...where };
      const invoice = draftInvoice(parts);
      const { lines, discounts = [] } = invoice.content;
      const sum = (amounts: readonly number[]) => amounts.reduce((all, amount) => all + amount, 0);
      expect(sum(lines.map((line) => line.totalMinor))).toBe(goodsMinor);
      expect(sum(lines.map((line) => line.discountMinor ?? 0))).toBe(discountMinor);
      expect(sum(discounts.map(({ amountMinor }) => amountMinor))).toBe(discountMinor);
      expect([invoice.totalMinor, invoice.netMinor]).toEqual([order.totalMinor, order.totalMinor - taxMinor]);
      if (order.totalMinor === 0) return;

      const reached = [...new Set([...cuts.map((cut) => Math.ceil(cut * order.totalMinor)), order.totalMinor])]
        .filter((minor) => minor > 0)
        .sort((a, b) => a - b);
      const numbered = { ...invoice, number: "INV-1", issuedAt: new Date(0) };
      const notes = reached.map((totalMinor, i) =>
        draftCreditNote({
          ...{ documentId: `cn_${i}`, refundId: `ref_${i}`, invoice: numbered, seller, tenders: [] },
          ...{ creditedMinor: reached[i - 1] ?? 0, totalMinor },
        }),
      );
      expect(sum(notes.map((note) => note.totalMinor))).toBe(order.totalMinor);
      expect(sum(notes.map((note) => note.netMinor))).toBe(invoice.netMinor);
    }),
  );
});

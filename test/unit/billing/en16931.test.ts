import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { toMajor } from "#lib/contract/money.ts";
import { ciiOf } from "#services/commerce/billing/documents/cii.ts";
import { figuresOf } from "#services/commerce/billing/documents/en16931.ts";
import type { PrintedDocument } from "#services/commerce/billing/documents/wording.ts";
import type { Invoice } from "#services/commerce/billing/domain/schemas.ts";
import { containedTaxes } from "#services/commerce/orders/domain/tax.ts";
import { creditNote, invoice } from "./document-examples.ts";

function xmlOf(document: PrintedDocument): string {
  const figures = figuresOf(document);
  if (!figures) throw new Error("The document has no form in EN 16931.");
  return ciiOf(document, figures);
}

/** The texts of all elements of a name. */
const all = (xml: string, name: string) =>
  [...xml.matchAll(new RegExp(`<ram:${name}(?: [^>]*)?>([^<]*)</ram:${name}>`, "g"))].map(([, text = ""]) => text);
const one = (xml: string, name: string) => {
  const found = all(xml, name);
  expect([name, found.length]).toEqual([name, 1]);
  return found[0] ?? "";
};
const units = (text: string, digits: number) => Math.round(Number(text) * 10 ** digits);

const currencies = { EUR: 2, GBP: 2, JPY: 0 } as const;

const invoices = fc
  .record({
    currency: fc.constantFrom(...(Object.keys(currencies) as (keyof typeof currencies)[])),
    lines: fc.array(
      fc.record({ quantity: fc.integer({ min: 1, max: 100_000 }), priceMinor: fc.integer({ min: 1, max: 1_000_000 }) }),
      { minLength: 1, maxLength: 20 },
    ),
    rate: fc.option(fc.constantFrom(0, 5.5, 7.7, 19, 20, 25)),
  })
  .map(({ currency, lines, rate }): Invoice => {
    const made = lines.map((line) => ({ productId: "p", sku: "s", title: "t", ...line }));
    const totalMinor = made.reduce((sum, { quantity, priceMinor }) => sum + quantity * priceMinor, 0);
    const taxes = containedTaxes(rate === null ? undefined : `VAT ${rate}`, made);
    const net = totalMinor - taxes.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
    return {
      ...invoice,
      currency,
      lines: made.map(({ quantity, priceMinor }) => ({
        title: "t",
        quantity,
        unitPrice: toMajor(priceMinor, currency),
        total: toMajor(priceMinor * quantity, currency),
      })),
      net: toMajor(net, currency),
      tax: taxes.map(({ amountMinor, ...tax }) => ({ ...tax, amount: toMajor(amountMinor, currency) })),
      total: toMajor(totalMinor, currency),
      payments: [],
    };
  });

describe("the XML of any invoice", () => {
  test("keeps the business rules about sums", () => {
    fc.assert(
      fc.property(invoices, (document) => {
        const xml = xmlOf(document);
        const digits = currencies[document.currency as keyof typeof currencies];
        const [lineSum = ""] = all(xml, "LineTotalAmount").slice(-1);
        const lines = all(xml, "LineTotalAmount").slice(0, -1);
        const sum = lines.reduce((total, text) => total + units(text, digits), 0);
        const figure = (name: string) => units(one(xml, name), digits);
        expect(lines).toHaveLength(document.lines.length); // BR-16
        expect(units(lineSum, digits)).toBe(sum); // BR-CO-10
        expect(figure("TaxBasisTotalAmount")).toBe(sum); // BR-CO-13, without allowances and charges
        expect(figure("TaxTotalAmount")).toBe(figure("CalculatedAmount")); // BR-CO-14
        expect(figure("GrandTotalAmount")).toBe(figure("TaxBasisTotalAmount") + figure("TaxTotalAmount")); // BR-CO-15
        expect(figure("DuePayableAmount")).toBe(figure("GrandTotalAmount") - figure("TotalPrepaidAmount")); // BR-CO-16
        expect(figure("BasisAmount")).toBe(sum); // BR-S-8, BR-Z-8, BR-O-8
        const rate = document.tax[0]?.rate ?? 0; // BR-CO-17, which allows for the rounding of prices that contain the tax
        expect(Math.abs(figure("CalculatedAmount") - (sum * rate) / 100)).toBeLessThan(10 ** digits);
        expect(one(xml, "GrandTotalAmount")).toBe(document.total.toFixed(digits)); // BR-DEC-14
      }),
    );
  });

  test("has net prices that give the net amount of each line", () => {
    fc.assert(
      fc.property(invoices, (document) => {
        const digits = currencies[document.currency as keyof typeof currencies];
        for (const { netPrice, quantity, netMinor } of figuresOf(document)?.lines ?? [])
          expect(Math.round(Number(netPrice) * quantity * 10 ** digits)).toBe(netMinor);
      }),
    );
  });
});

describe("the XML of a document", () => {
  test("names the profile, the parties, the tax and what was paid with", () => {
    const xml = xmlOf(invoice);
    expect(all(xml, "ID").slice(0, 2)).toEqual(["urn:cen.eu:en16931:2017", invoice.number]);
    expect(all(xml, "TypeCode")).toEqual(["380", "VAT", "VAT", "48", "VAT"]);
    expect(all(xml, "Name")).toEqual(["Enamel Mug", "Tent", "Mugs &amp; More &lt;Ltd&gt;", "Dana Demo"]);
    expect(xml).toContain('<ram:ID schemeID="VA">GB123456789</ram:ID>');
    expect(xml).toContain(
      "<ram:CategoryCode>S</ram:CategoryCode><ram:RateApplicablePercent>20</ram:RateApplicablePercent>",
    );
    expect(xml).toContain("<ram:ApplicableTradeSettlementFinancialCard><ram:ID>4242</ram:ID>");
    expect(xml).toContain('<udt:DateTimeString format="102">20261130</udt:DateTimeString>');
  });

  test("without a tax is outside of its scope, and does not give the seller's VAT number as such", () => {
    const xml = xmlOf({ ...invoice, tax: [], net: invoice.total });
    expect(all(xml, "CategoryCode")).toEqual(["O", "O", "O"]);
    expect(one(xml, "ExemptionReasonCode")).toBe("VATEX-EU-O");
    expect(all(xml, "RateApplicablePercent")).toEqual([]);
    expect(xml).not.toContain("SpecifiedTaxRegistration");
  });

  test("that is a credit note refers to its invoice", () => {
    const xml = xmlOf(creditNote);
    expect(all(xml, "TypeCode")[0]).toBe("381");
    expect(xml).toContain(`<ram:InvoiceReferencedDocument><ram:IssuerAssignedID>${invoice.number}`);
  });

  test("has no character that XML does not allow", () => {
    const title = "A\u0000B\u0008C\uffffD\ud800E & <F>";
    const xml = xmlOf({ ...invoice, lines: [{ title, quantity: 1, unitPrice: 1_243.49, total: 1_243.49 }] });
    expect(all(xml, "Name")[0]).toBe("ABCD\ufffdE &amp; &lt;F&gt;");
  });

  test.each<[string, Partial<Invoice>]>([
    ["three decimal digits", { currency: "BHD" }],
    ["two taxes", { tax: [...invoice.tax, ...invoice.tax] }],
    ["a tax, and a seller without a number", { seller: { ...invoice.seller, taxId: undefined } as Invoice["seller"] }],
  ])("is not made of %s", (_, change) => {
    expect(figuresOf({ ...invoice, ...change })).toBeUndefined();
  });
});

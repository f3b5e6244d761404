import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { toMajor } from "#lib/contract/money.ts";
import { ciiOf } from "#services/commerce/billing/documents/cii.ts";
import { figuresOf } from "#services/commerce/billing/documents/en16931.ts";
import { formatsOf } from "#services/commerce/billing/documents/format.ts";
import { type PrintedDocument, totalsOf } from "#services/commerce/billing/documents/wording.ts";
import type { Invoice } from "#services/commerce/billing/domain/schemas.ts";
import { taxesFor } from "#services/product/pricing/tax/domain/taxes-for.ts";
import { rateOf, settingsOf } from "../pricing/tax-examples.ts";
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

const RATES = [0, 5.5, 7.7, 19, 20, 25];

/** Invoices whose lines have one tax each, or none; the prices include it, or it is added to them. */
const invoices = fc
  .record({
    currency: fc.constantFrom(...(Object.keys(currencies) as (keyof typeof currencies)[])),
    lines: fc.array(
      fc.record({
        ...{ quantity: fc.integer({ min: 1, max: 100_000 }), priceMinor: fc.integer({ min: 1, max: 1_000_000 }) },
        category: fc.constantFrom(...RATES.map(String)),
        off: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true })),
      }),
      { minLength: 1, maxLength: 20 },
    ),
    taxed: fc.boolean(),
    settings: fc.record({
      pricesIncludeElsewhere: fc.boolean(),
      roundPer: fc.constantFrom("line" as const, "order" as const),
    }),
  })
  .map(({ currency, lines, taxed, settings }): Invoice => {
    const rates = taxed ? RATES.map((rate) => rateOf({ name: "VAT", rate, category: String(rate) })) : [];
    const discounts = lines.map(({ quantity, priceMinor, off }) => Math.round(quantity * priceMinor * off));
    const totals = lines.map(({ quantity, priceMinor, category }, i) => ({
      ...{ totalMinor: quantity * priceMinor - (discounts[i] ?? 0), category },
    }));
    const found = taxesFor(rates, settingsOf(settings), totals, { country: "CA" });
    const goods = totals.reduce((sum, { totalMinor }) => sum + totalMinor, 0);
    const tax = found.taxes.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
    const total = goods + (settings.pricesIncludeElsewhere ? 0 : tax);
    const major = <T extends { amountMinor: number }>({ amountMinor, ...rest }: T) => ({
      ...rest,
      amount: toMajor(amountMinor, currency),
    });
    return {
      ...invoice,
      currency,
      lines: lines.map(({ quantity, priceMinor }, i) => ({
        title: "t",
        quantity,
        unitPrice: toMajor(priceMinor, currency),
        ...(discounts[i] === 0 ? {} : { discount: toMajor(discounts[i] ?? 0, currency) }),
        total: toMajor(totals[i]?.totalMinor ?? 0, currency),
        ...(taxed ? { tax: (found.lines[i] ?? []).map((one) => ({ ...major(one), takenOff: undefined })) } : {}),
      })),
      net: toMajor(total - tax, currency),
      tax: found.taxes.map((one) => ({ ...major(one), takenOff: undefined })),
      total: toMajor(total, currency),
      payments: [],
    } as Invoice;
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
        const figures = (name: string) => all(xml, name).map((text) => units(text, digits));
        const taxes = figures("CalculatedAmount");
        expect(figure("TaxTotalAmount")).toBe(taxes.reduce((total, tax) => total + tax, 0)); // BR-CO-14
        expect(figure("GrandTotalAmount")).toBe(figure("TaxBasisTotalAmount") + figure("TaxTotalAmount")); // BR-CO-15
        expect(figure("DuePayableAmount")).toBe(figure("GrandTotalAmount") - figure("TotalPrepaidAmount")); // BR-CO-16
        const bases = figures("BasisAmount");
        expect(bases.reduce((total, base) => total + base, 0)).toBe(sum); // BR-S-8, BR-Z-8, BR-O-8
        const rates =
          document.tax.length === 0 ? [0] : all(xml, "RateApplicablePercent").slice(lines.length).map(Number);
        expect(rates).toHaveLength(bases.length);
        for (const [i, rate] of rates.entries()) // BR-CO-17, which allows for the rounding of lines
          expect(Math.abs((taxes[i] ?? Number.NaN) - ((bases[i] ?? 0) * rate) / 100)).toBeLessThan(
            Math.max(10 ** digits, 11),
          );
        expect(one(xml, "GrandTotalAmount")).toBe(document.total.toFixed(digits)); // BR-DEC-14
      }),
    );
  });

  test("has net prices that give the net amount of each line, less its allowance", () => {
    fc.assert(
      fc.property(invoices, (document) => {
        const digits = currencies[document.currency as keyof typeof currencies];
        for (const [i, line] of (figuresOf(document)?.lines ?? []).entries()) {
          const { netPrice, quantity, netMinor, allowanceMinor } = line;
          expect(Math.round(Number(netPrice) * quantity * 10 ** digits) - allowanceMinor).toBe(netMinor);
          const { discount = 0 } = document.lines[i] ?? {};
          expect(allowanceMinor).toBeLessThanOrEqual(units(String(discount), digits));
        }
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

  test("says the discount of a line as its allowance", () => {
    const [mug, tent] = invoice.lines as [Invoice["lines"][number], Invoice["lines"][number]];
    const xml = xmlOf({
      ...invoice,
      ...{ lines: [{ ...mug, discount: 13.5, total: 30 }, tent], net: 1_024.99, total: 1_229.99 },
      tax: [{ name: "VAT", rate: 20, amount: 205, included: true }],
    });
    expect(xml).toContain(
      "<ram:ChargeIndicator><udt:Indicator>false</udt:Indicator></ram:ChargeIndicator><ram:ActualAmount>11.25</ram:ActualAmount><ram:ReasonCode>95</ram:ReasonCode><ram:Reason>Discount</ram:Reason>",
    );
    expect(all(xml, "ChargeAmount")[0]).toBe("12.08333333");
    expect(all(xml, "LineTotalAmount")).toEqual(["25.00", "999.99", "1024.99"]);
  });

  test("without a tax is outside of its scope, and does not give the seller's VAT number as such", () => {
    const xml = xmlOf({ ...invoice, tax: [], net: invoice.total });
    expect(all(xml, "CategoryCode")).toEqual(["O", "O", "O"]);
    expect(one(xml, "ExemptionReasonCode")).toBe("VATEX-EU-O");
    expect(all(xml, "RateApplicablePercent")).toEqual([]);
    expect(xml).not.toContain("SpecifiedTaxRegistration");
  });

  test("gives a reverse charge, an exemption and an export their category and reason, and names the buyer's number", () => {
    const untaxed = (reason: "reverseCharge" | "exempt" | "export") => {
      const buyer = { ...invoice.buyer, taxId: "FR40303265045" };
      const tax = [{ name: "VAT", rate: 0, amount: 0, included: false, reason, takenOff: 207.25 }];
      const net = 1_036.24;
      const lines = invoice.lines.map((line, i) => ({
        ...line,
        tax: [{ name: "VAT", rate: 0, amount: 0, reason, takenOff: i === 0 ? 207.25 : 0 }],
      }));
      const xml = xmlOf({ ...invoice, buyer, tax, lines, net, total: net });
      expect(xml).toContain('<ram:ID schemeID="VA">FR40303265045</ram:ID>');
      return [...new Set(all(xml, "CategoryCode")), one(xml, "ExemptionReason"), ...all(xml, "ExemptionReasonCode")];
    };
    expect(untaxed("reverseCharge")).toEqual(["AE", "Reverse charge", "VATEX-EU-AE"]);
    expect(untaxed("export")).toEqual(["G", "Export outside the EU", "VATEX-EU-G"]);
    expect(untaxed("exempt")).toEqual(["E", "Exempt from tax"]);
  });

  test("tells exempt goods from those with a rate of zero, also where both have the same tax", () => {
    const none = { name: "VAT", rate: 0, amount: 0 };
    const exempt = { ...none, reason: "exempt" as const };
    const [mug, tent] = invoice.lines.map((line, i) => ({ ...line, tax: [i === 0 ? none : exempt] }));
    const lines = [mug, tent].flatMap((line) => line ?? []);
    const tax = [exempt, none].map((one) => ({ ...one, included: false }));
    const document = { ...invoice, lines, tax, net: invoice.total };
    const xml = xmlOf(document);
    expect(all(xml, "CategoryCode")).toEqual(["Z", "E", "Z", "E"]);
    expect(all(xml, "BasisAmount")).toEqual(["43.50", "1199.99"]);
    expect(one(xml, "ExemptionReason")).toBe("Exempt from tax"); // BR-E-10, and BR-Z-10: zero rates have none
    expect(totalsOf(document, formatsOf("GB", "GBP")).at(-1)).toEqual(["VAT 0 % on 43.50", 0]);
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
    [
      "two taxes on one line",
      { lines: invoice.lines.map((line) => ({ ...line, tax: [...invoice.tax, ...invoice.tax] })) },
    ],
    [
      "a reverse charge, and a buyer without a number",
      { tax: [{ name: "VAT", rate: 0, amount: 0, included: false, reason: "reverseCharge" }] },
    ],
    ["a tax, and a seller without a number", { seller: { ...invoice.seller, taxId: undefined } as Invoice["seller"] }],
  ])("is not made of %s", (_, change) => {
    expect(figuresOf({ ...invoice, ...change })).toBeUndefined();
  });
});

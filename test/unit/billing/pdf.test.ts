import { inflateSync } from "node:zlib";
import { afterAll, describe, expect, test } from "@jest/globals";
import { showable } from "#services/commerce/billing/documents/fonts.ts";
import { formatsOf } from "#services/commerce/billing/documents/format.ts";
import { pdfOf } from "#services/commerce/billing/documents/pdf.ts";
import { Printer } from "#services/commerce/billing/documents/printer.ts";
import { addressLines, discountNotes } from "#services/commerce/billing/documents/wording.ts";
import { creditNote, invoice, invoiceOf } from "./document-examples.ts";

/** The contents of all streams, decompressed where they are compressed, and everything between them. */
function parts(pdf: Buffer): { plain: string; streams: Buffer[] } {
  const text = pdf.toString("latin1");
  const streams = [...text.matchAll(/stream\n([\s\S]*?)\nendstream/g)].map(([, body = ""]) => {
    const bytes = Buffer.from(body, "latin1");
    try {
      return inflateSync(bytes);
    } catch {
      return bytes;
    }
  });
  return { plain: text.replace(/stream\n[\s\S]*?\nendstream/g, ""), streams };
}

const pagesOf = ({ plain }: { plain: string }) => plain.match(/\/Type \/Page\n/g)?.length;

describe("a PDF", () => {
  test("is the same for the same document, and another for another", async () => {
    const [first, again, other] = [await pdfOf(invoice), await pdfOf(invoice), await pdfOf(creditNote)];
    expect(first.equals(again)).toBe(true);
    expect(first.equals(other)).toBe(false);
  });

  test("is PDF/A-3 with the XML of Factur-X, and has all of its fonts in it", async () => {
    const { plain, streams } = parts(await pdfOf(invoice));
    const texts = streams.map((stream) => stream.toString("utf8"));
    const xml = texts.find((text) => text.includes("<rsm:CrossIndustryInvoice"));
    const xmp = texts.find((text) => text.includes("x:xmpmeta"));
    expect(xml).toContain(invoice.number);
    expect(xmp).toContain("<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>");
    expect(xmp).toContain("<fx:DocumentFileName>factur-x.xml</fx:DocumentFileName>");
    expect(xmp).toContain("<pdfaid:part>3</pdfaid:part>");
    for (const needed of [
      "/AFRelationship /Alternative",
      "/AF [",
      "(factur-x.xml)",
      "/Subtype /text#2Fxml",
      "/OutputIntents",
    ])
      expect(plain).toContain(needed);
    const fonts = plain.match(/\/Type \/FontDescriptor/g)?.length;
    expect(fonts).toBeGreaterThan(0);
    expect(plain.match(/\/FontFile2 \d+ 0 R/g)).toHaveLength(fonts ?? 0);
    expect(plain).not.toContain("/Type1"); // the fonts that every reader has are not embedded
  });

  test("names the promotions that have taken something off, and prints the discount of each line", async () => {
    const discounts = [
      { name: "Ten off", code: "TEN", amount: 13.5 },
      { name: "Sale", amount: 2 },
    ];
    expect(discountNotes({ ...invoice, discounts }, formatsOf("GB", "GBP"))).toEqual([
      "Discount of £13.50, taken off the amounts above: Ten off (TEN)",
      "Discount of £2.00, taken off the amounts above: Sale",
    ]);
    expect(discountNotes(invoice, formatsOf("GB", "GBP"))).toEqual([]);
    const lines = invoice.lines.map((line) => ({ ...line, discount: 1, total: line.total - 1 }));
    const discounted = await pdfOf({ ...invoice, lines, discounts });
    expect(discounted.equals(await pdfOf({ ...invoice, lines: lines.map(({ discount: _, ...rest }) => rest) }))).toBe(
      false,
    );
  });

  test("of what EN 16931 cannot say has no XML", async () => {
    const dinars = { ...invoice, currency: "BHD" };
    const { plain } = parts(await pdfOf(dinars));
    expect(plain).not.toContain("factur-x.xml");
  });

  test("of many lines has as many pages as it needs", async () => {
    expect(pagesOf(parts(await pdfOf(invoice)))).toBe(1);
    expect(pagesOf(parts(await pdfOf(invoiceOf(60))))).toBe(4);
  });
});

describe("the thread that makes PDFs", () => {
  const printer = new Printer();
  afterAll(() => printer.close());

  test("gives the same bytes, to several at once, and after an error", async () => {
    const [expected, failed, ...others] = await Promise.allSettled([
      pdfOf(invoice),
      printer.print({ ...invoice, currency: "none" }),
      printer.print(invoice),
      printer.print(creditNote),
    ]);
    expect(failed).toMatchObject({ status: "rejected" });
    expect(others.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
    const bytes = (settled: PromiseSettledResult<Uint8Array>) =>
      Buffer.from((settled as PromiseFulfilledResult<Uint8Array>).value);
    expect(bytes(others[0] as PromiseSettledResult<Uint8Array>).equals(bytes(expected))).toBe(true);
  });

  test("refuses more than may wait", async () => {
    const small = new Printer(1);
    const asked = await Promise.allSettled(Array.from({ length: 4 }, () => small.print(creditNote)));
    await small.close();
    expect(asked.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "rejected"]);
    expect(asked[3]).toMatchObject({ reason: { type: "SERVICE_UNAVAILABLE" } });
  });
});

test.each([
  ["GB", "GBP", "£1,234.50", "1,234.50", "29/11/2026"],
  ["US", "USD", "$1,234.50", "1,234.50", "11/29/2026"],
  ["DE", "EUR", "1.234,50\u00a0€", "1.234,50", "29.11.2026"],
  ["FR", "EUR", "1\u00a0234,50\u00a0€", "1\u00a0234,50", "29/11/2026"],
  ["JP", "JPY", "¥1,235", "1,235", "2026/11/29"],
  ["EG", "EGP", "1,234.50\u00a0EGP", "1,234.50", "29/11/2026"],
  ["BH", "BHD", "1,234.500\u00a0BHD", "1,234.500", "29/11/2026"],
])("%s writes money in %s and dates its own way", (country, currency, money, amount, date) => {
  const formats = formatsOf(country, currency);
  expect([formats.money(1_234.5), formats.amount(1_234.5), formats.date(invoice.orderedAt)]).toEqual([
    money,
    amount,
    date,
  ]);
});

test("what a font cannot show is replaced, once for each run", () => {
  const latin = (codePoint: number) => codePoint < 0x250 || codePoint === 0x25a1;
  expect(showable("Ｅ エナメル Mug 😀! Lo\u0301dz\u200d", latin)).toBe("□ □ Mug □! Lódz");
});

test.each([
  ["GB", { city: "Leeds", state: "", zipCode: "LS1 1AA", country: "GB" }, ["1 Road", "Leeds  LS1 1AA"]],
  [
    "GB",
    { city: "Portland", state: "OR", zipCode: "97201", country: "US" },
    ["1 Road", "Portland, OR 97201", "UNITED STATES"],
  ],
  ["GB", { city: "Berlin", state: "", zipCode: "10115", country: "DE" }, ["1 Road", "10115 Berlin", "GERMANY"]],
])("an address reads as its country writes it (%s)", (from, place, lines) => {
  expect(addressLines({ street: "1 Road", ...place }, from, formatsOf("GB", "GBP"))).toEqual(lines);
});

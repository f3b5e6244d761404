import { deflateSync } from "node:zlib";
import { expect, test } from "@jest/globals";
import { type Books, bookDifferences, totalInPdf } from "#tools/replay/books.ts";
import type { PlannedOrder } from "#tools/replay/plan.ts";
import { parseTax } from "#tools/replay/tax.ts";

const order = (key: string, customer: string, ...priceMinor: number[]): PlannedOrder => ({
  key,
  customer,
  country: "EIRE",
  items: priceMinor.map((price) => ({ code: "10002", sku: `10002-${price}`, quantity: 2, priceMinor: price })),
});

const plan = {
  orders: [order("1", "7", 85, 100), order("2", "7", 50), order("3", "8", 10)],
  refunds: [{ key: "C1-of-2", order: "2", amountMinor: 50 }],
};

/** What a shop with 20 % VAT says that has kept its books well. */
const books = {
  orders: [
    { key: "1", invoiceMinor: 370, pdfMinor: 370, creditedMinor: 0, taxMinor: 62, creditedTaxMinor: 0 },
    { key: "2", invoiceMinor: 100, pdfMinor: 100, creditedMinor: 50, taxMinor: 17, creditedTaxMinor: 9 },
    { key: "3", invoiceMinor: 20, pdfMinor: 20, creditedMinor: 0, taxMinor: 3, creditedTaxMinor: 0 },
  ],
  statements: [
    { customer: "7", debitMinor: 520, closingMinor: 0 },
    { customer: "8", debitMinor: 20, closingMinor: 0 },
  ],
  balances: new Map([
    ["clearing:test", 440],
    ["sales", -408],
    ["tax:VAT", -74],
    ["refunds", 42],
    ["customer:*", 0],
  ]),
} satisfies Books;

test("books that agree with the file differ in nothing", () => {
  expect(bookDifferences(plan, books)).toEqual([]);
});

test.each<[string, Partial<Books>]>([
  [
    "invoice of 3: nothing, file 0.20",
    { orders: [{ key: "3", pdfMinor: 20, creditedMinor: 0, taxMinor: 3, creditedTaxMinor: 0 }] },
  ],
  [
    "PDF of 3: 0.21, file 0.20",
    { orders: [{ key: "3", invoiceMinor: 20, pdfMinor: 21, creditedMinor: 0, taxMinor: 3, creditedTaxMinor: 0 }] },
  ],
  [
    "credit notes of 2: 0.00, file 0.50",
    { orders: [{ key: "2", invoiceMinor: 100, pdfMinor: 100, creditedMinor: 0, taxMinor: 17, creditedTaxMinor: 0 }] },
  ],
  ["statement of customer 8: 0.19, file 0.20", { statements: [{ customer: "8", debitMinor: 19, closingMinor: 0 }] }],
  [
    "statement of customer 8, closing balance: 0.01, file 0.00",
    { statements: [{ customer: "8", debitMinor: 20, closingMinor: 1 }] },
  ],
  [
    "sales and taxes less refunds: 4.39, file 4.40",
    { balances: new Map([...books.balances, ["sales", -407], ["bank", -1]]) },
  ],
  [
    "money with the payment provider: 4.30, file 4.40",
    { balances: new Map([...books.balances, ["clearing:test", 430], ["bank", 10]]) },
  ],
  ["trial balance: 0.01, file 0.00", { balances: new Map([...books.balances, ["bank", 1]]) }],
])("names a difference: %s", (line, changed) => {
  expect(bookDifferences(plan, { ...books, ...changed })).toEqual([line]);
});

const VAT = { name: "VAT", rate: 20 };
const taxed = { ...books, balances: new Map([...books.balances, ["tax:VAT", -73], ["sales", -409]]) };

test("taxes that agree with the file differ in nothing", () => {
  expect(parseTax("VAT 20")).toEqual(VAT);
  expect([parseTax("VAT"), parseTax("20 VAT"), parseTax("VAT 120")]).toEqual([undefined, undefined, undefined]);
  expect(bookDifferences(plan, taxed, VAT)).toEqual([]);
});

test.each<[string, Partial<Books>]>([
  [
    "tax in the invoice of 1: 0.61, file 0.62",
    { orders: [{ key: "1", invoiceMinor: 370, pdfMinor: 370, creditedMinor: 0, taxMinor: 61, creditedTaxMinor: 0 }] },
  ],
  [
    "tax in the credit notes of 2: 0.08, file 0.09",
    { orders: [{ key: "2", invoiceMinor: 100, pdfMinor: 100, creditedMinor: 50, taxMinor: 17, creditedTaxMinor: 8 }] },
  ],
  ["account tax:VAT: 0.74, file 0.73", { balances: books.balances }],
])("names a difference in the tax: %s", (line, changed) => {
  expect(bookDifferences(plan, { ...taxed, ...changed }, VAT)).toContain(line);
});

test("finds the total of the electronic invoice among the streams of a PDF", () => {
  const stream = (text: string) =>
    Buffer.concat([Buffer.from("stream\n"), deflateSync(text), Buffer.from("\nendstream\n")]);
  const xml = stream("<x><ram:GrandTotalAmount>1234.5</ram:GrandTotalAmount></x>");
  expect(totalInPdf(Buffer.concat([stream("q 1 0 0 1"), Buffer.from("stream\nnot packed"), xml]))).toBe(123_450);
  expect(totalInPdf(stream("q 1 0 0 1"))).toBeUndefined();
});

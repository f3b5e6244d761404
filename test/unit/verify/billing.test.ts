import { describe, expect, test } from "@jest/globals";
import { type BilledOrder, billingInvariants } from "#tools/verify/billing.ts";

const healthy: BilledOrder = {
  ...{
    totalMinor: 1_200,
    taxMinor: 200,
    currency: "EUR",
    capturedMinor: 1_200,
    refundedMinor: 600,
    refundFailed: false,
  },
  invoices: [{ totalMinor: 1_200, taxMinor: 200, currency: "EUR" }],
  creditNotes: [
    { totalMinor: 1, taxMinor: 0 },
    { totalMinor: 599, taxMinor: 100 },
  ],
  published: 3,
};
const [invoice] = healthy.invoices as [BilledOrder["invoices"][number]];

const broken = (order: BilledOrder) =>
  billingInvariants.flatMap(({ name, wrong }) => (wrong(order) === undefined ? [] : [name]));

describe("the invariants of billing", () => {
  test.each<[string, Partial<BilledOrder>]>([
    ["is paid and refunded in part", {}],
    ["is not paid", { capturedMinor: 0, refundedMinor: 0, invoices: [], creditNotes: [], published: 0 }],
    [
      "was captured in part and refunded",
      { capturedMinor: 700, refundedMinor: 700, invoices: [], creditNotes: [], published: 0 },
    ],
    ["has a refund that failed", { refundedMinor: 1, refundFailed: true }],
    [
      "is free",
      { totalMinor: 0, taxMinor: 0, capturedMinor: 0, refundedMinor: 0, invoices: [], creditNotes: [], published: 0 },
    ],
    [
      "is refunded in full",
      { refundedMinor: 1_200, creditNotes: [{ totalMinor: 1_200, taxMinor: 200 }], published: 2 },
    ],
  ])("hold for an order that %s", (_, change) => {
    expect(broken({ ...healthy, ...change })).toEqual([]);
  });

  test.each<[string, string, Partial<BilledOrder>]>([
    ["no invoice", "billing.invoiced", { invoices: [], creditNotes: [], published: 0 }],
    ["two invoices", "billing.invoiced", { invoices: [invoice, invoice], published: 4 }],
    ["an invoice before all is paid", "billing.invoiced", { capturedMinor: 1_100 }],
    ["an invoice over another total", "billing.invoiced", { totalMinor: 1_201, capturedMinor: 1_201 }],
    ["an invoice with another tax", "billing.invoiced", { taxMinor: 199 }],
    ["an invoice in another currency", "billing.invoiced", { currency: "USD" }],
    ["a refund without a credit note", "billing.credited", { refundedMinor: 700 }],
    ["a credit note without a refund", "billing.credited", { refundedMinor: 1 }],
    [
      "more credit than its invoice",
      "billing.credited",
      { refundedMinor: 1_201, creditNotes: [{ totalMinor: 1_201, taxMinor: 200 }], published: 2 },
    ],
    [
      "less credit than its refunds, of which one failed",
      "billing.credited",
      { refundedMinor: 601, refundFailed: true },
    ],
    [
      "full credit without all of the tax",
      "billing.credited",
      { refundedMinor: 1_200, creditNotes: [{ totalMinor: 1_200, taxMinor: 199 }], published: 2 },
    ],
    [
      "credit, and no invoice",
      "billing.credited",
      { capturedMinor: 0, refundedMinor: 600, invoices: [], published: 2 },
    ],
    ["a document that was not published", "billing.published", { published: 2 }],
  ])("find an order with %s", (_, name, change) => {
    expect(broken({ ...healthy, ...change })).toEqual([name]);
  });
});

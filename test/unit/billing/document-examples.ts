import type { CreditNote, Invoice } from "#services/commerce/billing/domain/schemas.ts";

const home = { street: "1 Invoice Lane", city: "Leeds", state: "", zipCode: "LS1 1AA", country: "GB" };

export const invoice: Invoice = {
  invoiceId: "inv_1",
  number: "INV-GB-2026-000123",
  orderId: "ord_1",
  customerId: "cust_1",
  issuedAt: "2026-11-30T12:51:35.111Z",
  orderedAt: "2026-11-29T23:59:59.999Z",
  seller: {
    name: "Mugs & More <Ltd>",
    address: { street: "100 Example Avenue", city: "Exampleton", state: "", zipCode: "EX1 2MP", country: "GB" },
    taxId: "GB123456789",
    email: "billing@example.com",
  },
  buyer: { name: "Dana Demo", email: "dana@example.com", address: home },
  lines: [
    { sku: "MUG", title: "Enamel Mug", quantity: 3, unitPrice: 14.5, total: 43.5 },
    { sku: "TENT", title: "Tent", quantity: 1, unitPrice: 1_199.99, total: 1_199.99 },
  ],
  net: 1_036.24,
  tax: [{ name: "VAT", rate: 20, amount: 207.25, included: true }],
  total: 1_243.49,
  currency: "GBP",
  payments: [
    { type: "giftCard", last4: "7K2M", amount: 25 },
    { type: "card", last4: "4242", amount: 1_218.49 },
  ],
};

const { invoiceId: _, ...common } = invoice;

export const creditNote: CreditNote = {
  ...common,
  creditNoteId: "cn_1",
  number: "CN-GB-2026-000007",
  invoiceNumber: invoice.number,
  invoicedAt: invoice.issuedAt,
  refundId: "ref_1",
  lines: [{ title: "Refund of a part of the order", quantity: 1, unitPrice: 100, total: 100 }],
  net: 83.33,
  tax: [{ name: "VAT", rate: 20, amount: 16.67, included: true }],
  total: 100,
  payments: [{ type: "card", last4: "4242", amount: 100 }],
};

/** An invoice with so many lines. */
export function invoiceOf(lines: number): Invoice {
  const many = Array.from({ length: lines }, (_, i) => ({
    sku: `SKU-${i}`,
    title: `Item number ${i + 1} of a large order`,
    quantity: 1,
    unitPrice: 1.2,
    total: 1.2,
  }));
  const total = Math.round(lines * 120) / 100;
  const amount = Math.round(lines * 20) / 100;
  return {
    ...invoice,
    lines: many,
    net: Math.round((total - amount) * 100) / 100,
    tax: [{ name: "VAT", rate: 20, amount, included: true }],
    total,
    payments: [{ type: "card", last4: "4242", amount: total }],
  };
}

import { toMajor } from "#lib/contract/money.ts";
import { lineTaxView, taxLineView } from "#services/product/pricing/contract.ts";
import { SHOP } from "./contract.ts";
import { numberOf, type StoredDocument } from "./domain/document.ts";
import type { CreditNote, Invoice } from "./domain/schemas.ts";

export function invoiceView(document: StoredDocument): Invoice {
  return { invoiceId: document.documentId, number: numberOf(document), ...commonView(document) };
}

export function creditNoteView(document: StoredDocument): CreditNote {
  const { invoice } = document.content;
  if (!invoice || document.refundId === null) throw new Error(`${document.documentId} is no credit note.`);
  return {
    creditNoteId: document.documentId,
    number: numberOf(document),
    invoiceNumber: invoice.number,
    invoicedAt: invoice.issuedAt,
    refundId: document.refundId,
    ...commonView(document),
  };
}

function commonView({ orderId, customerId, issuedAt, content, ...document }: StoredDocument) {
  const { totalMinor, netMinor, currency } = document;
  const { orderedAt, seller, buyer } = content;
  return {
    ...{ orderId, customerId, issuedAt: issuedAt.toISOString(), orderedAt, seller, buyer },
    lines: content.lines.map(({ priceMinor, discountMinor, totalMinor: lineMinor, taxes, ...line }) => ({
      ...line,
      unitPrice: toMajor(priceMinor, currency),
      ...(discountMinor === undefined ? {} : { discount: toMajor(discountMinor, currency) }),
      total: toMajor(lineMinor, currency),
      ...(taxes ? { tax: taxes.map((tax) => lineTaxView(tax, currency)) } : {}),
    })),
    ...(content.discounts
      ? {
          discounts: content.discounts.map(({ amountMinor, ...discount }) => ({
            ...discount,
            amount: toMajor(amountMinor, currency),
          })),
        }
      : {}),
    net: toMajor(netMinor, currency),
    tax: content.taxes.map((tax) => taxLineView(tax, currency)),
    total: toMajor(totalMinor, currency),
    currency,
    payments: content.payments.map(({ amountMinor, ...payment }) => ({
      ...payment,
      amount: toMajor(amountMinor, currency),
    })),
  };
}

/** What the ledger books of a document. */
export function booked({ orderId, customerId, totalMinor, netMinor, currency, content }: StoredDocument) {
  return {
    ...{ orderId, customerId, sellerId: SHOP, currency, shipping: 0 },
    total: toMajor(totalMinor, currency),
    net: toMajor(netMinor, currency),
    tax: content.taxes.map(({ name, rate, amountMinor }) => ({ name, rate, amount: toMajor(amountMinor, currency) })),
  };
}

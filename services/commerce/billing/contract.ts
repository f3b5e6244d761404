import { Type } from "typebox";
import { internal, orHolderOf, ownerOr } from "#lib/contract/access.ts";
import { action, contract, Exact, event, Page, Pagination } from "#lib/contract/contract.ts";
import { defineErrors } from "#lib/contract/errors.ts";
import { Rendition } from "#lib/contract/formats.ts";
import { defineIds, Id } from "#lib/contract/ids.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { OrderToken } from "#services/commerce/orders/contract.ts";
import { Statement } from "#services/product/sellers/contract.ts";
import { billingLimits } from "./domain/limits.ts";
import { CreditNote, CreditNoteNumber, Invoice } from "./domain/schemas.ts";

export const billingIds = defineIds({ invoice: "inv", creditNote: "cn" });

export const billingErrors = defineErrors({
  NO_ELECTRONIC_INVOICE: {
    status: 406,
    title: "The document has no form in EN 16931",
    help: "Ask for JSON or a PDF. EN 16931 knows amounts of two decimal digits at most, and one tax on each line.",
  },
});

/** Who has sold: the shop itself. */
export const SHOP = "shop";

const KEPT = "Invoices and credit notes must be kept, unchanged, for the period that bookkeeping and tax law demand.";

/** `total` = `net` + the amounts of `tax`; `shipping` is the part of `net` that is for the delivery. */
const Booked = {
  orderId: Id("order"),
  customerId: Id("customer"),
  sellerId: Type.String({ examples: [SHOP] }),
  total: Amount,
  net: Amount,
  shipping: Amount,
  tax: Type.Array(Type.Object({ name: Type.String(), rate: Type.Number(), amount: Amount })),
  currency: Currency,
};

const OfOrder = { orderId: Id("order") };
const access = orHolderOf("orderToken", ownerOr("orders:read"));

const rendering = {
  returns: Rendition,
  access: internal(),
  timeoutMs: billingLimits.RENDER_TIMEOUT_MS,
} as const;

export const billing = contract("billing", {
  summary: "Invoices and credit notes, numbered without gaps.",
  actions: {
    invoice: action({
      summary: "The invoice of an order",
      description:
        "It is there a moment after all of the order is paid, and never changes. `Accept: application/pdf` gives a PDF that contains the invoice as Factur-X (EN 16931), and `application/xml` that XML alone.",
      rest: "GET /orders/:orderId/invoice",
      params: Exact(OfOrder),
      headers: OrderToken,
      returns: Invoice,
      access,
      formats: { "application/pdf": "billing.renderInvoice", "application/xml": "billing.describeInvoice" },
      errors: ["NO_ELECTRONIC_INVOICE"],
    }),
    creditNotes: action({
      summary: "The credit notes of an order, the oldest first: one for each refund",
      rest: "GET /orders/:orderId/credit-notes",
      params: Exact({ ...OfOrder, ...Page }),
      headers: OrderToken,
      returns: Type.Object({ creditNotes: Type.Array(CreditNote), pagination: Pagination }),
      access,
    }),
    creditNote: action({
      summary: "One credit note of an order",
      description: "In the same formats as the invoice.",
      rest: "GET /orders/:orderId/credit-notes/:number",
      params: Exact({ ...OfOrder, number: CreditNoteNumber }),
      headers: OrderToken,
      returns: CreditNote,
      access,
      formats: { "application/pdf": "billing.renderCreditNote", "application/xml": "billing.describeCreditNote" },
      errors: ["NO_ELECTRONIC_INVOICE"],
    }),
    renderInvoice: action({ summary: "An invoice as PDF", params: Invoice, ...rendering }),
    renderCreditNote: action({ summary: "A credit note as PDF", params: CreditNote, ...rendering }),
    describeInvoice: action({
      summary: "An invoice as XML (EN 16931)",
      params: Invoice,
      ...rendering,
      errors: ["NO_ELECTRONIC_INVOICE"],
    }),
    describeCreditNote: action({
      summary: "A credit note as XML (EN 16931)",
      params: CreditNote,
      ...rendering,
      errors: ["NO_ELECTRONIC_INVOICE"],
    }),
    renderStatement: action({ summary: "The statement of a seller as PDF", params: Statement, ...rendering }),
  },
  personalData: {
    document: { columns: ["customer_id", "content"], subject: "customer_id", keptBecause: KEPT },
    series: "none",
    due: "none", // ids and amounts, for a moment
  },
  events: {
    /** Once for each order, when all of it is paid. */
    InvoiceIssued: event({
      key: "orderId",
      version: "1.0",
      data: Type.Object({ invoiceId: Id("invoice"), number: Type.String(), ...Booked }),
    }),
    /** Once for each refund of an invoiced order. */
    CreditNoteIssued: event({
      key: "orderId",
      version: "1.0",
      data: Type.Object({
        creditNoteId: Id("creditNote"),
        number: Type.String(),
        invoiceNumber: Type.String(),
        refundId: Id("refund"),
        ...Booked,
      }),
    }),
  },
});

declare module "#lib/contract/types.ts" {
  interface Contracts {
    billing: typeof billing;
  }
}

declare module "#lib/contract/errors.ts" {
  interface ErrorCodes {
    billing: typeof billingErrors;
  }
}

declare module "#lib/contract/ids.ts" {
  interface IdKinds {
    billing: typeof billingIds;
  }
}

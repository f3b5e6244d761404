import { Type } from "typebox";
import { contract, event } from "#lib/contract/contract.ts";
import { defineIds, Id } from "#lib/contract/ids.ts";
import { Amount, Currency } from "#lib/contract/money.ts";

export const billingIds = defineIds({ invoice: "inv", creditNote: "cn" });

/** Who has sold: the shop itself. */
export const SHOP = "shop";

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

export const billing = contract("billing", {
  summary: "Invoices and credit notes, numbered without gaps.",
  actions: {},
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

declare module "#lib/contract/ids.ts" {
  interface IdKinds {
    billing: typeof billingIds;
  }
}

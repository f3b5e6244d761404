import { contract } from "#lib/contract/contract.ts";
import { defineErrors } from "#lib/contract/errors.ts";
import { defineIds } from "#lib/contract/ids.ts";
import { sellerEvents } from "./domain/events.ts";
import { moneyActions } from "./domain/money-actions.ts";
import { offerActions } from "./domain/offer-actions.ts";
import { sellerActions } from "./domain/seller-actions.ts";

export const sellerIds = defineIds({ seller: "seller", sellerDocument: "sdoc", payout: "payout" });

export const sellerErrors = defineErrors({
  SELLER_STATE: { status: 409, title: "The seller is not in a state in which this can be done" },
  SELLER_NOT_APPROVED: {
    status: 409,
    title: "Only approved sellers can offer",
    help: "Submit the application with `POST /sellers/{sellerId}/submit`, and wait until it is approved.",
  },
  DOCUMENTS_MISSING: {
    status: 409,
    title: "Documents are missing",
    help: "Add what `missing` names with `POST /sellers/{sellerId}/documents?type=`, then submit again.",
    example: { missing: ["identity"] },
  },
  SELLER_DATA_UNAVAILABLE: {
    status: 503,
    title: "Documents and bank accounts of sellers cannot be stored or read at the moment",
  },
});

const BOOKS = "What was sold, kept and paid out is part of the books.";
const KNOWN = "Who sells has to be known for as long as the law demands, as long as there are sales.";

export const sellers = contract("sellers", {
  summary: "Sellers of the marketplace: applications, offers, commission, payouts and statements.",
  personalData: {
    seller: {
      columns: ["name", "email", "legal_name", "tax_id", "address", "iban", "iban_end", "reason"],
      subject: "owner_id",
      keptBecause: KNOWN,
    },
    seller_member: { columns: ["customer_id"], subject: "customer_id" },
    seller_document: { columns: ["type"], subject: "seller_id" }, // the subject of a seller is its owner
    document_part: { columns: ["content"], subject: "document_id" },
    document_reading: {
      columns: ["read_by"],
      subject: "read_by",
      keptBecause: "It proves who has seen the documents of a person.",
    },
    data_key: "none",
    kyc_work: "none",
    offer: "none",
    sku_category: "none",
    commission_rule: "none",
    sold_order: "none",
    sold_piece: "none",
    sale: { columns: ["customer_id"], subject: "customer_id", keptBecause: BOOKS },
    seller_rating: { columns: ["customer_id", "positive"], subject: "customer_id" },
    balance_entry: "none",
    payout_turn: "none",
    payout: "none",
    payout_work: "none",
    test_transfer: "none",
  },
  actions: { ...sellerActions, ...offerActions, ...moneyActions },
  events: sellerEvents,
});

declare module "#lib/contract/types.ts" {
  interface Contracts {
    sellers: typeof sellers;
  }
}

declare module "#lib/contract/ids.ts" {
  interface IdKinds {
    sellers: typeof sellerIds;
  }
}

declare module "#lib/contract/errors.ts" {
  interface ErrorCodes {
    sellers: typeof sellerErrors;
  }
}

export { offerKey } from "./domain/offer-key.ts";
export { Statement } from "./domain/schemas.ts";

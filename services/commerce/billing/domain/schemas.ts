import { type Static, Type } from "typebox";
import { demoAccounts } from "#config/demo.ts";
import { limits } from "#config/limits.ts";
import { storedAddressFields } from "#lib/contract/address.ts";
import { Timestamp } from "#lib/contract/contract.ts";
import { Id } from "#lib/contract/ids.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { NamedObject } from "#lib/contract/named.ts";
import { Personal } from "#lib/contract/personal.ts";
import { LineTaxView, TaxIdText, TaxLineView } from "#services/product/pricing/contract.ts";
import { CouponCode } from "#services/product/promotions/contract.ts";

// Loaded with ids of other contracts, so these schemas belong to the contract of billing.

const { email, firstName, lastName } = demoAccounts.customer;

export const InvoiceNumber = Type.String({ maxLength: 40, examples: ["INV-US-2026-000001"] });
export const CreditNoteNumber = Type.String({ maxLength: 40, examples: ["CN-US-2026-000001"] });

const PostalAddress = NamedObject("PostalAddress", storedAddressFields);

const SellerView = NamedObject("Seller", {
  name: Type.String({ examples: ["Tradepost Demo Shop"] }),
  address: PostalAddress,
  taxId: Type.Optional(Type.String({ description: "VAT number or other tax id", examples: ["US123456789"] })),
  email: Type.Optional(Type.String({ examples: ["billing@example.com"] })),
  iban: Type.Optional(Type.String({ examples: ["GB82WEST12345698765432"] })),
});

const BuyerView = NamedObject("Buyer", {
  name: Personal(Type.String({ examples: [`${firstName} ${lastName}`] })),
  email: Type.Optional(Personal(Type.String({ examples: [email] }))),
  address: Personal(PostalAddress),
  taxId: Type.Optional(TaxIdText),
});

const DocumentLine = NamedObject("InvoiceLine", {
  sku: Type.Optional(Type.String({ examples: ["MUG-ENAMEL"] })),
  title: Type.String({ examples: ["Enamel Mug"] }),
  quantity: Type.Integer({ minimum: 1, examples: [2] }),
  unitPrice: Type.With(Amount, { description: "Of one piece, as it was shown: with the taxes that prices include" }),
  discount: Type.Optional(Type.With(Amount, { description: "What promotions take off all pieces" })),
  total: Type.With(Amount, { description: "After the discount" }),
  tax: Type.Optional(Type.Array(LineTaxView)),
});

const DiscountView = NamedObject("InvoiceDiscount", {
  name: Type.String({ description: "Of the promotion", examples: ["10 % off your mugs"] }),
  code: Type.Optional(Type.With(CouponCode, { description: "The coupon that it was given for" })),
  amount: Amount,
});

const PaidBy = NamedObject("InvoicePayment", {
  type: Type.Enum(["card", "wallet", "emi", "upi", "bank_redirect", "giftCard", "storeCredit", "other"]),
  name: Type.Optional(Type.String({ description: "Of the wallet or bank", examples: ["paypal"] })),
  last4: Type.Optional(Type.String({ description: "The end of the card's number or code", examples: ["4242"] })),
  amount: Amount,
});

const common = {
  orderId: Id("order"),
  customerId: Id("customer"),
  issuedAt: Timestamp,
  orderedAt: Timestamp,
  seller: SellerView,
  buyer: BuyerView,
  lines: Type.Array(DocumentLine, { minItems: 1, maxItems: limits.ORDER_LINES }),
  discounts: Type.Optional(Type.Array(DiscountView, { description: "The discounts of the lines, by promotion" })),
  net: Type.With(Amount, { description: "The total without its taxes" }),
  tax: Type.Array(TaxLineView, { description: "The taxes that the total contains" }),
  total: Amount,
  currency: Currency,
  payments: Type.Array(PaidBy, { description: "What has paid the total, or got it back" }),
};

export const Invoice = NamedObject("Invoice", { invoiceId: Id("invoice"), number: InvoiceNumber, ...common });
export type Invoice = Static<typeof Invoice>;

export const CreditNote = NamedObject("CreditNote", {
  creditNoteId: Id("creditNote"),
  number: CreditNoteNumber,
  invoiceNumber: InvoiceNumber,
  invoicedAt: Timestamp,
  refundId: Id("refund"),
  ...common,
});
export type CreditNote = Static<typeof CreditNote>;

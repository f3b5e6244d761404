import { Type } from "typebox";
import { Address, Country } from "#lib/contract/address.ts";
import { Exact, Timestamp } from "#lib/contract/contract.ts";
import { Id, Sku } from "#lib/contract/ids.ts";
import { Amount, Currency, MAX_MINOR } from "#lib/contract/money.ts";
import { NamedObject } from "#lib/contract/named.ts";
import { Personal } from "#lib/contract/personal.ts";
import { FormedText, Text } from "#lib/contract/text.ts";
import { Email } from "#services/identity/auth/contract.ts";
import { sellerLimits } from "./limits.ts";
import { DOCUMENT_TYPES, SELLER_STATUSES } from "./seller.ts";

// The schemas that several actions and events of the contract share.

export const SellerId = { sellerId: Id("seller") };
export const OfferKey = { ...SellerId, sku: Sku };

export const Status = Type.Enum(SELLER_STATUSES, {
  description: "`submitted`: it is being checked; `in_review`: somebody of the shop has to decide",
  examples: ["applied"],
  "x-name": "SellerStatus",
});

export const Name = Personal(Text(sellerLimits.NAME_CHARS, { examples: ["Nordic Wood"] }));
export const LegalName = Personal(Text(sellerLimits.NAME_CHARS, { examples: ["Nordic Wood ApS"] }));
export const TaxId = Personal(
  FormedText("a tax id of letters, digits and hyphens", "^[A-Za-z0-9][A-Za-z0-9 ./-]*$", {
    minLength: 4,
    maxLength: 40,
    examples: ["DK12345674"],
  }),
);
export const Iban = Personal(
  FormedText("an IBAN", "^[A-Za-z]{2}[0-9]{2}[0-9A-Za-z ]{11,36}$", {
    maxLength: 42,
    description: "The account that payouts go to. Only its last four characters are shown again",
    examples: ["DK5000400440116243"],
  }),
);

/** What a seller says of themselves. */
export const Profile = {
  name: Name,
  email: Email,
  country: Type.With(Country, {
    description: "ISO 3166-1 alpha-2 code of the country in which the seller is registered",
  }),
  legalName: Type.Optional(LegalName),
  taxId: Type.Optional(TaxId),
  address: Type.Optional(Address),
  iban: Type.Optional(Iban),
};

const Reason = Text(sellerLimits.DECISION_CHARS, {
  description: "The seller reads it",
  examples: ["The register does not know the company."],
});
export const WithReason = { ...SellerId, reason: Reason };

export const SellerView = NamedObject("MarketplaceSeller", {
  ...SellerId,
  status: Status,
  reason: Type.Optional(Type.With(Reason, { description: "Why the seller was rejected or suspended" })),
  name: Name,
  email: Email,
  country: Type.String({ examples: ["DK"] }),
  legalName: Type.Optional(LegalName),
  taxId: Type.Optional(TaxId),
  address: Type.Optional(Address),
  ibanEnd: Type.Optional(Personal(Type.String({ description: "The end of the IBAN", examples: ["6243"] }))),
  createdAt: Timestamp,
});

export const StatusOf = NamedObject("SellerStatusOf", { ...SellerId, status: Status });

export const DocumentKind = Type.Enum(DOCUMENT_TYPES, {
  description: "`identity` and `registration` are needed to submit the application",
  examples: ["identity"],
  "x-name": "SellerDocumentType",
});

export const DocumentView = NamedObject("SellerDocument", {
  documentId: Id("sellerDocument"),
  type: DocumentKind,
  mediaType: Type.String({ examples: ["application/pdf"] }),
  bytes: Type.Integer({ minimum: 0 }),
  createdAt: Timestamp,
});

/** The answer to each part of a document but the last. */
export const ReceivedPart = Exact({ documentId: Id("sellerDocument"), received: Type.Integer({ minimum: 0 }) });

export const Pieces = Type.Integer({ minimum: 0, maximum: sellerLimits.OFFER_PIECES, examples: [25] });
export const HandlingDays = Type.Integer({
  minimum: 0,
  maximum: sellerLimits.HANDLING_DAYS,
  description: "Days until the seller hands the goods to the carrier",
  examples: [2],
});

export const OfferTerms = {
  price: Amount,
  currency: Currency,
  stock: Type.With(Pieces, {
    description:
      "What the seller has left: pieces in orders are taken off already, and come back when an order is cancelled",
  }),
  handlingDays: HandlingDays,
};
export const OwnOffer = NamedObject("SellerOffer", { ...OfferKey, ...OfferTerms, changedAt: Timestamp });

const Rating = NamedObject("SellerRating", {
  positiveShare: Type.Number({
    minimum: 0,
    maximum: 1,
    description: "Share of positive ratings, smoothed: a few ratings change little",
    examples: [0.95],
  }),
  count: Type.Integer({ minimum: 0, description: "How many ratings", examples: [12] }),
});

/** An offer as shoppers see it. */
export const ShownOffer = NamedObject("ProductOffer", {
  sku: Sku,
  sellerId: Type.Optional(Type.With(Id("seller"), { description: "Absent: the shop itself" })),
  sellerName: Type.Optional(Type.String({ examples: ["Nordic Wood"] })),
  price: Amount,
  currency: Currency,
  available: Pieces,
  handlingDays: HandlingDays,
  rating: Type.Optional(Rating),
});

export const Minor = Type.Integer({ minimum: 0, maximum: MAX_MINOR });

/** An amount that may be owed by the seller. */
export const SignedAmount = Type.Number({ description: "In major units of the currency", examples: [120.5] });

export const Month = FormedText("a month such as 2026-10", "^[0-9]{4}-(0[1-9]|1[0-2])$", {
  description: "A calendar month in UTC",
  examples: ["2026-01"],
});

/** A category as products name it. */
export const Category = FormedText("the slug of a category", "^[a-z0-9][a-z0-9._-]*$", {
  minLength: 1,
  maxLength: 200,
  examples: ["kitchen"],
});

export const CommissionRule = NamedObject("CommissionRule", {
  sellerId: Type.Optional(Id("seller")),
  category: Type.Optional(Category),
  percent: Type.Number({ minimum: 0, maximum: 100, examples: [12.5] }),
  minimum: Type.Optional(Type.With(Amount, { description: "For each line of an order in `currency`" })),
  currency: Type.Optional(Currency),
});

export const PayoutStatus = Type.Enum(["sending", "sent", "failed"], {
  description: "`failed`: the bank has refused it, and the money is in the balance again",
  examples: ["sent"],
  "x-name": "PayoutStatus",
});

export const PayoutView = NamedObject("SellerPayout", {
  payoutId: Id("payout"),
  period: Type.With(Timestamp, { description: "The beginning of the period, until which sales are paid out" }),
  amount: Amount,
  currency: Currency,
  status: PayoutStatus,
  reason: Type.Optional(Type.String({ description: "Why it failed" })),
  createdAt: Timestamp,
  sentAt: Type.Optional(Timestamp),
});

const STATEMENT_KINDS = ["sale", "refund", "payout", "payout_returned"] as const;

export const StatementLine = NamedObject("SellerStatementLine", {
  at: Timestamp,
  kind: Type.Enum(STATEMENT_KINDS, { examples: ["sale"], "x-name": "SellerStatementKind" }),
  orderId: Type.Optional(Id("order")),
  payoutId: Type.Optional(Id("payout")),
  gross: Type.Optional(Type.With(SignedAmount, { description: "What the customer has paid, or got back" })),
  commission: Type.Optional(Type.With(SignedAmount, { description: "What the shop has kept of it, or given back" })),
  net: Type.With(SignedAmount, { description: "What it changes the balance by" }),
});

export const Statement = NamedObject("SellerStatement", {
  ...SellerId,
  sellerName: Name,
  period: Month,
  currency: Currency,
  opening: SignedAmount,
  lines: Type.Array(StatementLine, { maxItems: sellerLimits.STATEMENT_LINES }),
  omitted: Type.Optional(Type.Integer({ description: "Lines that are not shown; the sums have them" })),
  totals: Type.Object({ gross: SignedAmount, commission: SignedAmount, net: SignedAmount, paidOut: SignedAmount }),
  closing: SignedAmount,
});

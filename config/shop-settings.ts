import { Type } from "typebox";

// Sections of the schema in env.ts.

/** When an order is too risky. */
export const fraudSettings = {
  FRAUD_REVIEW_SCORE: Type.Integer({
    default: 50,
    minimum: 1,
    maximum: 101,
    description: "score of 0 to 100 from which an order waits for somebody of the shop; 101: no order does",
  }),
  FRAUD_REFUSE_SCORE: Type.Integer({
    default: 85,
    minimum: 1,
    maximum: 101,
    description: "score from which an order is cancelled at once; not below FRAUD_REVIEW_SCORE; 101: no order is",
  }),
  FRAUD_REVIEW_HOURS: Type.Integer({
    default: 24,
    minimum: 1,
    maximum: 47,
    description: "how long a review waits for somebody; then FRAUD_DEADLINE_DECISION decides",
  }),
  FRAUD_DEADLINE_DECISION: Type.Enum(["reject", "approve"], {
    default: "reject",
    description: "what becomes of an order that nobody has decided about in time",
  }),
  FRAUD_UNAVAILABLE: Type.Enum(["accept", "review"], {
    default: "accept",
    description:
      "what becomes of an order while the service fraud does not answer; `review`: it waits, and is assessed when the service is back",
  }),
  FRAUD_HIGH_AMOUNTS: Type.Optional(
    Type.String({
      description:
        "what is a high amount for one order, by currency, such as `USD=1000,JPY=150000`; currencies that are not named keep their defaults; 0: no amount is",
    }),
  ),
  GEOIP_DATABASE: Type.Optional(
    Type.String({
      description: "file with the countries of network addresses (MaxMind's format), read again when it changes",
    }),
  ),
  NETWORKS_DATABASE: Type.Optional(
    Type.String({
      description:
        "file with the names of networks (MaxMind's format, or CSV lines `first,last,name`), read again when it changes",
    }),
  ),
};

/** Who sells, on invoices. */
export const sellerSettings = {
  SHOP_NAME: Type.Optional(
    Type.String({ maxLength: 100, description: "name of the company that sells; on invoices, as all SHOP_ settings" }),
  ),
  SHOP_STREET: Type.Optional(Type.String({ maxLength: 200, description: "street of the shop's address" })),
  SHOP_CITY: Type.Optional(Type.String({ maxLength: 100, description: "city of the shop's address" })),
  SHOP_STATE: Type.Optional(
    Type.String({ maxLength: 100, description: "state of the shop's address; absent where the country has none" }),
  ),
  SHOP_ZIP_CODE: Type.Optional(Type.String({ maxLength: 20, description: "postal code of the shop's address" })),
  SHOP_TAX_ID: Type.Optional(
    Type.String({ maxLength: 40, description: "the shop's VAT number or other tax id; needed with SHOP_TAX" }),
  ),
  SHOP_EMAIL: Type.Optional(Type.String({ maxLength: 254, description: "where customers ask about an invoice" })),
  SHOP_IBAN: Type.Optional(
    Type.String({ pattern: "^[A-Z]{2}[0-9A-Z ]{13,40}$", description: "the shop's bank account, printed on invoices" }),
  ),
  SHOP_TAX: Type.Optional(
    Type.String({
      pattern: "^\\S.{0,38} \\d{1,2}(\\.\\d{1,3})?$",
      description:
        "the tax that all prices include in countries without rates of their own, name and percent, such as `VAT 20`; absent: none",
    }),
  ),
};

/** What prices are that were converted from another currency. */
export const priceSettings = {
  PRICE_ENDINGS: Type.Optional(
    Type.String({
      description:
        "the last digits of converted prices, by currency, such as `EUR=.99,JPY=0`; an ending without a point is of whole units; absent: they are rounded to the minor unit",
    }),
  ),
  PRICE_PIVOT: Type.String({
    default: "EUR",
    pattern: "^[A-Z]{3}$",
    description: "currency by way of which prices are converted where two currencies have no rate of their own",
  }),
};

/** Lightning deals. */
export const dealSettings = {
  DEAL_CLAIM_SECONDS: Type.Integer({
    default: 600,
    minimum: 1,
    maximum: 86_400,
    description: "how long a buyer who has claimed a piece of a lightning deal has to order it",
  }),
};

/** Payouts to the sellers of the marketplace. */
export const payoutSettings = {
  SELLER_HOLD_DAYS: Type.Number({
    default: 14,
    minimum: 0,
    maximum: 365,
    description: "how long the proceeds of a sale wait until they are available for a payout; may be a fraction",
  }),
  SELLER_PAYOUT_DAYS: Type.Number({
    default: 7,
    minimum: 0.00001,
    maximum: 365,
    description: "length of the periods of payouts: each seller gets at most one payout in each; may be a fraction",
  }),
  SELLER_PAYOUT_MINIMUM: Type.Optional(
    Type.String({
      description:
        "the least payout, by currency, such as `USD=10,JPY=1000`; currencies that are not named keep their defaults; 0: any amount",
    }),
  ),
};

import { Type } from "typebox";
import { anyone, internal, ownerOr, staff } from "#lib/contract/access.ts";
import { action, Exact, Page, Pagination, Timestamp } from "#lib/contract/contract.ts";
import { Id } from "#lib/contract/ids.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { NamedObject } from "#lib/contract/named.ts";
import { GiftCardCode } from "#services/commerce/orders/contract.ts";
import { paymentLimits } from "./limits.ts";
import { Money, Reason } from "./schemas.ts";
import { ENTRY_KINDS } from "./stored-value.ts";

// The part of the contract that is about gift cards and store credit.

const Balance = {
  balance: Type.With(Amount, { description: "What can be spent" }),
  reserved: Type.With(Amount, {
    description: "What orders have reserved: it is not a part of `balance`",
    examples: [0],
  }),
  currency: Currency,
};

const GiftCard = NamedObject("GiftCard", {
  giftCardId: Id("giftCard"),
  last4: Type.String({ description: "The end of the code", examples: ["WXNE"] }),
  status: Type.Union([Type.Literal("active"), Type.Literal("spent"), Type.Literal("disabled")]),
  amount: Type.With(Amount, { description: "What it was issued with" }),
  ...Balance,
  createdAt: Timestamp,
});

const Entry = {
  kind: Type.Enum(ENTRY_KINDS, {
    description: "`forfeited`: it was on the card when staff disabled it",
    examples: ["reserved"],
  }),
  amount: Amount,
  paymentId: Type.Optional(Id("payment")),
  orderId: Type.Optional(Id("order")),
  reason: Type.Optional(Type.String()),
  at: Timestamp,
};

const Minor = Type.Integer({ minimum: 0 });

export const storedValueActions = {
  issueGiftCard: action({
    summary: "Issues a gift card",
    description:
      "The code is in this answer only: the shop stores its hash. It is the bearer's money, so send it to its owner and keep it nowhere else.",
    rest: "POST /gift-cards",
    status: 201,
    params: Exact({ amount: Amount, currency: Currency }),
    returns: Type.Object({ giftCardId: Id("giftCard"), code: GiftCardCode }),
    access: staff("payments:write"),
    idempotent: true,
  }),
  giftCardBalance: action({
    summary: "What is left of a gift card, for whoever has its code",
    description:
      "`code` comes from `POST /gift-cards`. Too many wrong codes from one address are answered with `RATE_LIMITED`, and right ones as well until the time in `Retry-After` has passed.",
    rest: "GET /gift-cards/:code",
    params: Exact({ code: GiftCardCode }),
    returns: Type.Object({ balance: Amount, currency: Currency }),
    access: anyone({ badToken: "ignored" }),
    errors: ["RATE_LIMITED"],
  }),
  listGiftCards: action({
    summary: "Gift cards, the newest first",
    rest: "GET /gift-cards",
    params: Exact({ ...Page }),
    returns: Type.Object({ giftCards: Type.Array(GiftCard), pagination: Pagination }),
    access: staff("payments:read"),
  }),
  giftCardEntries: action({
    summary: "Every change of a gift card, the newest first",
    description: "`giftCardId` comes from `POST /gift-cards`.",
    rest: "GET /gift-cards/:giftCardId/entries",
    params: Exact({ giftCardId: Id("giftCard"), ...Page }),
    returns: Type.Object({
      entries: Type.Array(NamedObject("GiftCardEntry", Entry)),
      pagination: Pagination,
    }),
    access: staff("payments:read"),
  }),
  disableGiftCard: action({
    summary: "Ends what is left of a gift card",
    description:
      "`giftCardId` comes from `POST /gift-cards`. What orders have reserved stays reserved, and these orders go on. What comes back to the card afterwards cannot be spent, and ends when the card is disabled again.",
    rest: "POST /gift-cards/:giftCardId/disable",
    params: Exact({ giftCardId: Id("giftCard") }),
    returns: GiftCard,
    access: staff("payments:write"),
    idempotent: true,
  }),
  grantStoreCredit: action({
    summary: "Gives a customer store credit, to be spent on orders",
    rest: "POST /customers/:customerId/store-credit",
    status: 201,
    params: Exact({ customerId: Id("customer"), ...Money, reason: Reason }),
    returns: Type.Object({ storeCreditId: Id("storeCredit"), ...Balance }),
    access: staff("payments:write"),
    idempotent: true,
  }),
  readStoreCredit: action({
    summary: "A customer's store credit, and every change of it, the newest first",
    rest: "GET /customers/:customerId/store-credit",
    params: Exact({ customerId: Id("customer"), ...Page }),
    returns: Type.Object({
      balances: Type.Array(Type.Object(Balance)),
      entries: Type.Array(NamedObject("StoreCreditEntry", { ...Entry, currency: Currency })),
      pagination: Pagination,
    }),
    access: ownerOr("payments:read", "customerId"),
  }),
  planTenders: action({
    summary: "What gift cards and store credit pay of a total. It reserves nothing: the payment does.",
    description:
      "A known card is in `tenders` also when something is wrong with it, with an amount of 0. `problems` names the codes by their index.",
    params: Exact({
      customerId: Id("customer"),
      codes: Type.Array(GiftCardCode, { maxItems: paymentLimits.PLANNED_GIFT_CARDS }),
      storeCredit: Type.Boolean(),
      currency: Currency,
      totalMinor: Minor,
    }),
    returns: Type.Object({
      tenders: Type.Array(
        Type.Union([
          Type.Object({
            type: Type.Literal("giftCard"),
            giftCardId: Id("giftCard"),
            last4: Type.String(),
            amountMinor: Minor,
          }),
          Type.Object({ type: Type.Literal("storeCredit"), amountMinor: Minor }),
        ]),
      ),
      problems: Type.Array(Type.Object({ index: Minor, message: Type.String() })),
    }),
    access: internal(),
    errors: ["RATE_LIMITED"],
    retryable: true,
  }),
};

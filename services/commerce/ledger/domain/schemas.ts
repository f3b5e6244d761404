import { Type } from "typebox";
import { Timestamp } from "#lib/contract/contract.ts";
import { Id } from "#lib/contract/ids.ts";
import { Currency } from "#lib/contract/money.ts";
import { NamedObject } from "#lib/contract/named.ts";
import { FormedText } from "#lib/contract/text.ts";
import { ACCOUNT_TYPES } from "./chart.ts";

/** A sum of a whole shop may be larger than any amount of an order. */
export const Sum = Type.Number({ minimum: 0, description: "In major units of the currency", examples: [14.5] });
const SignedSum = Type.Number({ description: "In major units of the currency", examples: [14.5] });

export const AccountName = FormedText("the name of an account", "^[^\\u0000]*[^\\s\\u0000][^\\u0000]*$", {
  minLength: 1,
  maxLength: 255,
  examples: ["clearing:test"],
});

const Sides = {
  debit: Type.With(Sum, { description: "The balance, when it is on this side; otherwise 0" }),
  credit: Type.With(Sum, { description: "The balance, when it is on this side; otherwise 0" }),
};

export const Balance = NamedObject("LedgerBalance", Sides);

export const AccountBalance = NamedObject("LedgerAccountBalance", {
  account: Type.String({
    description: "`customer:*` and `seller:*` are all customers and all sellers together",
    examples: ["clearing:test"],
  }),
  ...Sides,
});

export const Account = NamedObject("LedgerAccount", {
  account: AccountName,
  type: Type.Enum(ACCOUNT_TYPES, { examples: ["asset"] }),
  balances: Type.Array(NamedObject("LedgerCurrencyBalance", { currency: Currency, ...Sides })),
});

const Amounts = {
  debit: Type.With(Sum, { description: "0 when the line is a credit" }),
  credit: Type.With(Sum, { description: "0 when the line is a debit" }),
};

export const PeriodName = FormedText("a month such as 2026-10", "^[0-9]{4}-(0[1-9]|1[0-2])$", {
  description: "A calendar month in UTC",
  examples: ["2026-01"],
});

/** An entry, and the event that it comes from. */
const OfEvent = {
  entryId: Type.Integer({ examples: [1] }),
  eventId: Type.String({ examples: ["evt_01h455vb4pex5vsknk084sn02q"] }),
  eventType: Type.String({ examples: ["PaymentCompleted"] }),
  bookedAt: Type.With(Timestamp, {
    description: "When it counts: the time of the event, or the beginning of the earliest open period",
  }),
  orderId: Type.Optional(Id("order")),
  paymentId: Type.Optional(Id("payment")),
};

export const EntryView = NamedObject("LedgerEntry", {
  ...OfEvent,
  topic: Type.String({ examples: ["payments.events"] }),
  customerId: Type.Optional(Id("customer")),
  sellerId: Type.Optional(Type.String()),
  currency: Currency,
  occurredAt: Type.With(Timestamp, { description: "The time of the event" }),
  period: PeriodName,
  movedFrom: Type.Optional(
    Type.With(PeriodName, { description: "The period of the event, which was closed when the entry was posted" }),
  ),
  lines: Type.Array(NamedObject("LedgerLine", { account: AccountName, ...Amounts }), { maxItems: 1_000 }),
});

export const StatementLine = NamedObject("LedgerStatementLine", { ...OfEvent, ...Amounts });

export const PeriodView = NamedObject("LedgerPeriod", {
  period: PeriodName,
  status: Type.Union([Type.Literal("open"), Type.Literal("closed")]),
  closedAt: Type.Optional(Timestamp),
});

/** What a provider holds for the shop, as the books and as the provider say. */
export const ProviderComparison = NamedObject("LedgerProviderComparison", {
  provider: Type.String({ examples: ["test"] }),
  account: AccountName,
  currency: Currency,
  ledger: Type.With(SignedSum, { description: "Balance of the account, to the debit" }),
  held: Type.Optional(Type.With(SignedSum, { description: "What the provider says. Absent when it does not say it" })),
  difference: Type.Optional(Type.With(SignedSum, { description: "`held` less `ledger`; 0 when both agree" })),
});

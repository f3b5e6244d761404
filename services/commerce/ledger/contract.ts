import { Type } from "typebox";
import { staff } from "#lib/contract/access.ts";
import { action, contract, Empty, Exact, Timestamp } from "#lib/contract/contract.ts";
import { CursorPage, CursorPagination } from "#lib/contract/cursor.ts";
import { defineErrors } from "#lib/contract/errors.ts";
import { Moment } from "#lib/contract/moment.ts";
import { Currency } from "#lib/contract/money.ts";
// Whose events are posted.
import "#services/commerce/billing/contract.ts";
import "#services/commerce/payments/contract.ts";
import "#services/product/sellers/contract.ts";
import { ACCOUNT_KINDS } from "./domain/chart.ts";
import { ledgerLimits } from "./domain/limits.ts";
import {
  Account,
  AccountBalance,
  AccountName,
  Balance,
  EntryView,
  PeriodName,
  PeriodView,
  ProviderComparison,
  StatementLine,
  Sum,
} from "./domain/schemas.ts";

const { cursor, limit } = CursorPage;
/** An id that a list is searched for: the answer to one that nothing has is an empty list. */
const SoughtId = Type.Optional(Type.String({ minLength: 1, maxLength: 64 }));

const ledgerErrors = defineErrors({
  PERIOD_NOT_OVER: { status: 409, title: "The period is not over" },
  EARLIER_PERIOD_OPEN: { status: 409, title: "An earlier period is open" },
});

const BOOKKEEPING = "Books must be kept for the period that bookkeeping and tax law demand.";

export const ledger = contract("ledger", {
  summary: "Double-entry books of everything that moves money, from the events of payments and billing.",
  personalData: {
    entry: { columns: ["customer_id"], subject: "customer_id", keptBecause: BOOKKEEPING },
    line: { columns: ["account"], subject: "entry_id", keptBecause: BOOKKEEPING },
    period: { columns: ["closed_by"], subject: "closed_by", keptBecause: BOOKKEEPING },
    balance: "none",
    summing: "none",
  },
  actions: {
    trialBalance: action({
      summary: "The balance of every account in a currency, now or at a moment",
      description:
        "Debits and credits are equal. The accounts of customers are one row, `customer:*`, and so are those of sellers: `GET /ledger/accounts?kind=customer` lists them. What has just happened is posted within a second.",
      rest: "GET /ledger/trial-balance",
      params: Exact({ currency: Currency, at: Type.Optional(Moment) }),
      returns: Type.Object({
        currency: Currency,
        at: Timestamp,
        accounts: Type.Array(AccountBalance),
        debit: Sum,
        credit: Sum,
      }),
      access: staff("ledger:read"),
    }),
    listAccounts: action({
      summary: "Accounts that have entries, by name, with their balances",
      rest: "GET /ledger/accounts",
      params: Exact({ kind: Type.Optional(Type.Enum(ACCOUNT_KINDS)), cursor, limit }),
      returns: Type.Object({ accounts: Type.Array(Account), pagination: CursorPagination }),
      access: staff("ledger:read"),
    }),
    statement: action({
      summary: "What was posted to an account in a time, between its opening and its closing balance",
      description: "`from` is included, `to` is not. Without them: from the beginning, until now.",
      rest: "GET /ledger/accounts/:account/statement",
      params: Exact({
        account: AccountName,
        currency: Currency,
        from: Type.Optional(Moment),
        to: Type.Optional(Moment),
        cursor,
        limit,
      }),
      returns: Type.Object({
        account: AccountName,
        currency: Currency,
        from: Type.Optional(Timestamp),
        to: Timestamp,
        opening: Balance,
        lines: Type.Array(StatementLine),
        closing: Balance,
        pagination: CursorPagination,
      }),
      access: staff("ledger:read"),
    }),
    listEntries: action({
      summary: "Entries with their lines and the events that they come from, the latest first",
      description: "At least one of `orderId`, `paymentId`, `customerId`, `sellerId` and `account` is needed.",
      rest: "GET /ledger/entries",
      params: Exact({
        orderId: SoughtId,
        paymentId: SoughtId,
        customerId: SoughtId,
        sellerId: SoughtId,
        account: Type.Optional(AccountName),
        ...CursorPage,
      }),
      returns: Type.Object({ entries: Type.Array(EntryView), pagination: CursorPagination }),
      example: { account: "clearing:test" },
      access: staff("ledger:read"),
    }),
    listPeriods: action({
      summary: "The months of the books, the latest first, and which of them are closed",
      rest: "GET /ledger/periods",
      params: Empty,
      returns: Type.Object({ periods: Type.Array(PeriodView, { maxItems: ledgerLimits.PERIODS }) }),
      access: staff("ledger:read"),
    }),
    closePeriod: action({
      summary: "Closes a month that is over: it takes no more entries, for ever",
      description:
        "Months are closed in their order. What happened in a closed month and arrives later is posted at the beginning of the earliest open one, and says so (`movedFrom`). Closing twice gives the same answer.",
      rest: "POST /ledger/periods/:period/close",
      params: Exact({ period: PeriodName }),
      returns: PeriodView,
      access: staff("ledger:write"),
      errors: ["PERIOD_NOT_OVER", "EARLIER_PERIOD_OPEN"],
      idempotent: true,
    }),
    reconciliation: action({
      summary: "What each payment provider holds for the shop: by the books, by the provider, and the difference",
      description:
        "What is on its way between the provider and the books shows as a difference for a moment. Fees and payouts are posted when they are found in the provider's list, every few minutes.",
      rest: "GET /ledger/reconciliation",
      params: Empty,
      returns: Type.Object({ at: Timestamp, providers: Type.Array(ProviderComparison) }),
      access: staff("ledger:read"),
    }),
  },
});

declare module "#lib/contract/types.ts" {
  interface Contracts {
    ledger: typeof ledger;
  }
}

declare module "#lib/contract/errors.ts" {
  interface ErrorCodes {
    ledger: typeof ledgerErrors;
  }
}

import { Type } from "typebox";
import { limits } from "#config/limits.ts";
import { internal, ownerOr, staff } from "#lib/contract/access.ts";
import { action, Empty, Exact, Page, Pagination } from "#lib/contract/contract.ts";
import { Rendition } from "#lib/contract/formats.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { Category, CommissionRule, Month, PayoutView, SellerId, SignedAmount, Statement } from "./schemas.ts";

// The part of the contract that is about money: commission, balances, payouts and statements.

const readAccess = ownerOr("sellers:read");
const OfSeller = { ...SellerId, currency: Type.Optional(Currency) };
const RuleKey = {
  sellerId: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: "Absent: any seller" })),
  category: Type.Optional(Category),
};

export const moneyActions = {
  setCommission: action({
    summary: "Sets the commission of a seller, a category, both, or of all others.",
    description:
      "Of several rules the most specific one holds: that of seller and category, then of the seller, then of the category, then the one without either. Of the rules of a product's several categories the lowest holds. It is what is kept of each line of later orders.",
    rest: "PUT /commission-rules",
    example: { category: "kitchen", percent: 12.5, minimum: 0.5, currency: "USD" },
    params: Exact({
      ...RuleKey,
      percent: Type.Number({ minimum: 0, maximum: 100, multipleOf: 0.01, examples: [12.5] }),
      minimum: Type.Optional(
        Type.With(Amount, { description: "For each line in `currency`, which it needs; never more than the line" }),
      ),
      currency: Type.Optional(Currency),
    }),
    returns: CommissionRule,
    access: staff("sellers:write"),
    errors: ["LIMIT_REACHED"],
    retryable: true,
  }),
  commissions: action({
    summary: "Lists the rules of commission.",
    rest: "GET /commission-rules",
    params: Exact(Page),
    returns: Type.Object({ rules: Type.Array(CommissionRule, { maxItems: limits.PAGE_SIZE }), pagination: Pagination }),
    access: staff("sellers:read"),
  }),
  deleteCommission: action({
    summary: "Removes the rule of a seller, a category, both, or of all others.",
    rest: "DELETE /commission-rules",
    status: 204,
    example: { category: "kitchen" },
    params: Exact(RuleKey),
    returns: Empty,
    access: staff("sellers:write"),
    errors: ["NOT_FOUND"],
  }),
  balance: action({
    summary: "What the shop owes a seller.",
    description:
      "`pending` becomes available after SELLER_HOLD_DAYS. Payouts that are under way are taken off already. It may be negative after refunds.",
    rest: "GET /sellers/:sellerId/balance",
    params: Exact(OfSeller),
    returns: Type.Object({ ...SellerId, pending: SignedAmount, available: SignedAmount, currency: Currency }),
    access: readAccess,
  }),
  payouts: action({
    summary: "Lists the payouts of a seller, the newest first.",
    rest: "GET /sellers/:sellerId/payouts",
    params: Exact({ ...SellerId, ...Page }),
    returns: Type.Object({ payouts: Type.Array(PayoutView, { maxItems: limits.PAGE_SIZE }), pagination: Pagination }),
    access: readAccess,
  }),
  statement: action({
    summary: "The statement of a seller for a month: sales, refunds, payouts and the balance.",
    description: "`Accept: text/csv` gives it as a table, `Accept: application/pdf` as a document.",
    rest: "GET /sellers/:sellerId/statements",
    params: Exact({ ...OfSeller, period: Month }),
    returns: Statement,
    access: readAccess,
    formats: { "text/csv": "sellers.statementAsCsv", "application/pdf": "billing.renderStatement" },
  }),
  statementAsCsv: action({
    summary: "A statement as CSV",
    params: Statement,
    returns: Rendition,
    access: internal(),
  }),
};

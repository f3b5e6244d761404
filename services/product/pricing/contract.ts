import { Type } from "typebox";
import { limits } from "#config/limits.ts";
import { anyone, internal, staff } from "#lib/contract/access.ts";
import { action, contract, Empty, Exact, event, Page, Pagination, Timestamp } from "#lib/contract/contract.ts";
import { defineErrors } from "#lib/contract/errors.ts";
import { defineIds, Sku } from "#lib/contract/ids.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { NamedObject } from "#lib/contract/named.ts";
import { pricingLimits } from "./domain/limits.ts";
import { taxActions } from "./tax/domain/tax-actions.ts";

/** The currency of a request that names none. */
export const DEFAULT_CURRENCY = "USD";

const Minor = Type.Integer({ minimum: 0, description: "Integer minor units", examples: [1450] });
const Price = NamedObject("Price", { sku: Sku, currency: Currency, amount: Amount, validFrom: Timestamp });
const PriceRows = Type.Array(Exact({ sku: Sku, currency: Type.Optional(Currency), amount: Amount }), {
  minItems: 1,
  maxItems: pricingLimits.PRICE_BATCH_ROWS,
});

export const pricingIds = defineIds({ taxRate: "tax", taxExemption: "taxex" });

export const pricingErrors = defineErrors({
  PRICE_CHANGED: {
    status: 409,
    title: "The price has changed",
    example: { prices: [{ sku: "MUG-ENAMEL", shown: 13.5, current: 14.5, currency: "USD" }] },
  },
});

export const pricing = contract("pricing", {
  summary: "The prices of variants in each currency, and their history.",
  essential: true,
  personalData: {
    price: "none",
    price_change: "none",
    tax_rate: "none",
    tax_settings: "none",
    taxed_sku: "none",
    tax_exemption: {
      columns: ["customer_id", "certificate"],
      subject: "customer_id",
      keptBecause: "An exemption has to be proved for as long as tax law demands the invoices without tax.",
    },
  },
  actions: {
    list: action({
      summary: "Lists prices.",
      rest: "GET /prices",
      params: Exact({ ...Page, currency: Type.Optional(Currency) }),
      returns: Type.Object({ prices: Type.Array(Price), pagination: Pagination }),
      access: anyone({ badToken: "ignored" }),
    }),
    get: action({
      summary: "Reads the price of one variant.",
      rest: "GET /prices/:sku",
      params: Exact({ sku: Sku, currency: Type.Optional(Currency) }),
      returns: Price,
      access: anyone({ badToken: "ignored" }),
    }),
    setPrice: action({
      summary: "Sets the price of one variant in one currency.",
      rest: "PUT /prices/:sku",
      params: Exact({ sku: Sku, amount: Amount, currency: Type.Optional(Currency) }),
      returns: Price,
      access: staff("pricing:write"),
      errors: ["UNKNOWN_PRODUCT"],
      retryable: true,
    }),
    setPrices: action({
      summary: "Sets many prices at once, all or none; of two for the same variant and currency the last one counts.",
      rest: "POST /prices:batch",
      params: Exact({
        prices: PriceRows,
      }),
      returns: Type.Object({
        updated: Type.Integer({ description: "Number of prices that changed" }),
        unchanged: Type.Integer(),
      }),
      access: staff("pricing:write"),
      errors: ["UNKNOWN_PRODUCT"],
      idempotent: true,
      retryable: true,
      timeoutMs: limits.REQUEST_TIMEOUT_MS, // a full batch takes longer than a read, and a second call would not help
      bodyBytes: limits.BATCH_BODY_BYTES,
    }),
    setPricesOfNewVariants: action({
      summary:
        "Sets the prices that come with products. The catalogue has checked their skus, and adds the products next.",
      params: Exact({ prices: PriceRows }),
      returns: Empty,
      access: internal(),
      errors: ["FORBIDDEN"],
      retryable: true,
      timeoutMs: limits.REQUEST_TIMEOUT_MS,
    }),
    quote: action({
      summary: "Prices a list of variants and quantities.",
      rest: "POST /quotes",
      params: Exact({
        currency: Type.Optional(Currency),
        items: Type.Array(
          Exact({ sku: Sku, quantity: Type.Integer({ minimum: 1, maximum: limits.LINE_QUANTITY, examples: [1] }) }),
          {
            minItems: 1,
            maxItems: limits.ORDER_LINES,
          },
        ),
      }),
      returns: Type.Object({
        currency: Currency,
        lines: Type.Array(
          Type.Object({
            sku: Sku,
            quantity: Type.Integer({ examples: [1] }),
            unitAmount: Amount,
            unitMinor: Minor,
            totalAmount: Type.Number({ examples: [14.5] }),
            totalMinor: Minor,
          }),
        ),
        totalAmount: Type.Number({ examples: [14.5] }),
        totalMinor: Minor,
      }),
      access: anyone({ badToken: "ignored" }),
      errors: ["UNKNOWN_PRODUCT"],
      retryable: true,
    }),
    prices: action({
      summary: "The current prices of many variants, never from a cache; variants without a price are left out.",
      params: Exact({ skus: Type.Array(Sku, { maxItems: limits.SKUS_PER_CALL }), currency: Currency }),
      returns: Type.Object({
        prices: Type.Array(Type.Object({ sku: Sku, amountMinor: Minor })),
        taxed: Type.Optional(
          Type.Literal(true, { description: "The shop has rates of taxes, so that `pricing.taxes` says more" }),
        ),
      }),
      access: internal(),
      retryable: true,
    }),
    ...taxActions,
  },
  signals: {
    /** Rates of taxes, settings, certificates or categories were changed: what a node remembers of them is stale. */
    taxesChanged: Empty,
  },
  events: {
    /**
     * Prices that changed together. With one event for each price, a full batch would be 10,000 outbox rows; with one
     * event for each batch, the changes of one price would lose their order. A shard is a fixed part of all skus: the
     * changes of a sku always have the same key, so they stay in order, and a batch of 10,000 prices is 64 events.
     */
    PricesChanged: event({
      key: "shard",
      version: "1.0",
      data: Type.Object({
        shard: Type.String({ description: "`prices-0` to `prices-63`, by sku" }),
        prices: Type.Array(
          Type.Object({
            sku: Sku,
            currency: Currency,
            amount: Amount,
            previousAmount: Type.Union([Amount, Type.Null()], { description: "null when there was no price before" }),
          }),
          { minItems: 1, maxItems: pricingLimits.PRICES_PER_EVENT },
        ),
      }),
    }),
  },
});

declare module "#lib/contract/types.ts" {
  interface Contracts {
    pricing: typeof pricing;
  }
}

declare module "#lib/contract/ids.ts" {
  interface IdKinds {
    pricing: typeof pricingIds;
  }
}

declare module "#lib/contract/errors.ts" {
  interface ErrorCodes {
    pricing: typeof pricingErrors;
  }
}

export { pricingLimits } from "./domain/limits.ts";
export { LineTaxMinor, LineTaxView, TaxIdText, TaxLineView, TaxMinor } from "./tax/domain/schemas.ts";

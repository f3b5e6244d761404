import { Type } from "typebox";
import { limits } from "#config/limits.ts";
import { anyone, internal, staff } from "#lib/contract/access.ts";
import { action, contract, Empty, Exact, event, Page, Pagination } from "#lib/contract/contract.ts";
import { defineErrors } from "#lib/contract/errors.ts";
import { defineIds, Sku } from "#lib/contract/ids.ts";
import { Amount, Currency } from "#lib/contract/money.ts";
import { pricingLimits } from "./domain/limits.ts";
import { priceListActions } from "./domain/price-list-actions.ts";
import { quoteActions } from "./domain/quote-actions.ts";
import { rateActions } from "./domain/rate-actions.ts";
import { Minor, Pieces, Price, PriceContext, Source } from "./domain/schemas.ts";
import { streamActions } from "./domain/stream-actions.ts";
import { taxActions } from "./tax/domain/tax-actions.ts";

export { addedMinor } from "./tax/domain/added.ts";
export { plainTaxNumber } from "./tax/domain/tax-number.ts";
export { lineTaxView, taxLineView } from "./tax/domain/tax-views.ts";

/** The currency of a request that names none. */
export const DEFAULT_CURRENCY = "USD";

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
  summary: "The prices of variants in each currency, price lists, exchange rates, and what prices were before.",
  essential: true,
  personalData: {
    price: "none",
    price_change: "none",
    price_change_part: "none",
    price_list: "none",
    list_price: "none",
    list_price_change: "none",
    exchange_rate: "none",
    price_terms: "none",
    customer_group: { columns: ["groups"], subject: "customer_id" },
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
      cached: { skus: ({ sku }) => [sku] },
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
    ...streamActions,
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
    prices: action({
      summary: "The prices that hold for a purchase, never from a cache; variants without one are left out.",
      description:
        "Without `for`: what holds for everybody and everywhere. `byQuantity` is only told where the price depends on the number of pieces, and when quantities were asked for.",
      params: Exact({
        skus: Type.Array(Sku, { maxItems: limits.SKUS_PER_CALL }),
        currency: Currency,
        for: Type.Optional(PriceContext),
      }),
      returns: Type.Object({
        prices: Type.Array(
          Type.Object({
            sku: Sku,
            amountMinor: Minor,
            listMinor: Type.Optional(
              Type.With(Minor, { description: "Without lists; absent when it is the same, or there is none" }),
            ),
            source: Type.Optional(Type.With(Source, { description: "Absent: the sku's own price" })),
            byQuantity: Type.Optional(
              Type.Array(Type.Object({ minQuantity: Pieces, amountMinor: Minor }), {
                maxItems: pricingLimits.QUANTITY_STEPS,
              }),
            ),
          }),
        ),
        taxed: Type.Optional(
          Type.Literal(true, { description: "The shop has rates of taxes, so that `pricing.taxes` says more" }),
        ),
      }),
      access: internal(),
      retryable: true,
    }),
    ownPrices: action({
      summary: "The prices that were set for variants themselves in a currency; variants without one are left out.",
      description: "What price lists and exchange rates say is not looked at.",
      params: Exact({ skus: Type.Array(Sku, { maxItems: limits.SKUS_PER_CALL }), currency: Currency }),
      returns: Type.Object({ prices: Type.Array(Type.Object({ sku: Sku, amountMinor: Minor })) }),
      access: internal(),
      retryable: true,
    }),
    ...quoteActions,
    ...priceListActions,
    ...rateActions,
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

/** The bounds of this service, each with its unit. */
export const pricingLimits = {
  PRICE_BATCH_ROWS: 10_000,
  PRICES_SHARED: 50, // asked for by one call: more of them have a query of their own, so that small orders do not wait for it
  PRICE_SHARDS: 64, // all events about a sku have the same shard; a change of this number may swap two of them once
  PRICES_PER_EVENT: 500,
} as const;

/** The bounds of this service, each with its unit. */
export const pricingLimits = {
  PRICE_BATCH_ROWS: 10_000,
  PRICES_SHARED: 50, // asked for by one call: more of them have a query of their own, so that small orders do not wait for it
  PRICE_SHARDS: 64, // all events about a sku have the same shard; a change of this number may swap two of them once
  PRICES_PER_EVENT: 500,
  PRICE_LISTS: 500, // every node knows all of them
  LIST_PRICES_PER_SKU: 50, // in one list: quantities times warehouses
  QUANTITY_STEPS: 20, // told of one sku to a cart, which keeps them
  EXCHANGE_RATES: 2_000, // every node knows all of them
  TERMS_MS: 1_000, // lists and rates that were not compared with the database for this long are read again before they count
  GROUPS_PER_CUSTOMER: 100,
  LOWEST_DAYS: 30, // before a reduction, whose lowest price is to be shown beside it
} as const;

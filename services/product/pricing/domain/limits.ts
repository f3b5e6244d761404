/** The bounds of this service, each with its unit. */
export const pricingLimits = {
  PRICE_BATCH_ROWS: 10_000,
  PRICE_SHARDS: 64, // events of one price stay in one shard; changing the number may cross two events once
  PRICES_PER_EVENT: 500,
} as const;

/** The bounds of taxes, each with its unit. */
export const taxLimits = {
  TAX_RATES: 10_000, // of the shop: each node holds them in memory
  TAX_BOOK_MS: 10_000, // between two looks whether another node's signal about rates was lost
  EXEMPTIONS_PER_CUSTOMER: 100, // certificates
  RATE_DECIMALS: 4, // of a rate in percent
} as const;

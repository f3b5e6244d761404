/** The bounds of this service, each with its unit. */
export const catalogLimits = {
  PRODUCT_BATCH_ROWS: 500,
  PRODUCT_VARIANTS: 250,
  PRODUCT_JSON_CHARS: 262_144, // so its event stays below NATS's 1 MiB even with three bytes for each character
  PRODUCT_CATEGORIES: 20,
  PRODUCT_IMAGES: 50,
  PRODUCT_ATTRIBUTES: 100,
  SKUS_PER_QUESTION: 10_000, // as many as a batch of prices or adjustments has rows
  CATEGORY_DEPTH: 16, // levels; a deeper tree is a mistake
  RESOLVED_PRODUCTS: 20_000, // in memory on each node, about 300 bytes each
  RESOLVED_TTL_MS: 1_000, // an archived product may be sold for this much longer when its signal is lost
} as const;

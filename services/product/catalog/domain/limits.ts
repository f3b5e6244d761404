/** The bounds of this service, each with its unit. */
export const catalogLimits = {
  PRODUCT_BATCH_ROWS: 500,
  PRODUCT_VARIANTS: 250,
  PRODUCT_JSON_CHARS: 262_144, // its event stays below NATS's 1 MiB even at three bytes each
  PRODUCT_CATEGORIES: 20,
  PRODUCT_IMAGES: 50,
  PRODUCT_ATTRIBUTES: 100,
  CATEGORY_DEPTH: 16, // levels; no shop's tree is deeper, and a deeper one is a mistake
  RESOLVED_PRODUCTS: 20_000, // kept in memory per node, about 300 bytes each
  RESOLVED_TTL_MS: 1_000, // an archived product may be sold this much longer when its signal was lost
} as const;

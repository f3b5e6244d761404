/** The bounds of this service, each with its unit. */
export const promotionLimits = {
  CONDITIONS: 10, // of one promotion
  CONDITION_SKUS: 500, // of one condition, and of each side of an effect
  CONDITION_CATEGORIES: 100,
  TIERS: 20, // of one promotion
  BUNDLE_SKUS: 20, // pieces of one bundle
  ACTIVE_PROMOTIONS: 20_000, // that have not ended: every node knows those without a code
  PROMOTIONS_PER_CART: 100, // that one cart is compared with, those with the highest priority; the others do not count
  UNUSED_SHOWN: 20, // promotions of which a cart is told why they give nothing
  COUPONS_PER_CART: 10,
  CODE_CHARS: 60, // as people type a code
  CODES_PER_REQUEST: 10_000,
  CODES_PER_PROMOTION: 1_000_000,
  PROMOTIONS_KNOWN_MS: 5_000, // a caller that was told that there are none asks again after that: the signal may be lost
  BOOK_MS: 5_000, // between two looks of a node at what other nodes have changed, for the same reason
  PROMOTION_HOLD_MS: 900_000, // a reservation whose order is unknown is released after that
  HOLD_SWEEP_MS: 10_000, // between two looks for such reservations
  RESERVED_TOGETHER: 100, // orders of one transaction
  CATEGORIES_SWEEP_MS: 60_000, // between two looks at the tree of categories
} as const;

/** The bounds of this service, each with its unit. */
export const cartLimits = {
  CART_LINES: 250,
  CART_DAYS: 30, // since its last change
  CART_TRIES: 10, // two tabs of one shopper do not get in each other's way more often
  CART_REQUESTS: 32, // idempotency keys a cart remembers
} as const;

/** The bounds of this service, each with its unit. */
export const cartLimits = {
  CART_LINES: 250,
  CART_DAYS: 30, // since its last change
  CART_TRIES: 10, // of one change, while other requests change the same cart
  CART_RETRY_MS: 10, // at most, between the first two tries; it grows with each try
  REMEMBERED_CARTS: 4_000, // that a node has written last, so that it need not read them before the next change: some 5 MB
  CART_REQUESTS: 32, // idempotency keys that a cart remembers
  CHECKOUT_SECONDS: 30, // a checkout that has no order after that may be given up: its client has had its answer or time-out
} as const;

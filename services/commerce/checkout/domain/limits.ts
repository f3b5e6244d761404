/** The bounds of this service, each with its unit. */
export const checkoutLimits = {
  CHECKOUT_TRIES: 3, // of one request: an attempt that was given up meanwhile is followed by the next one
  OLD_ATTEMPTS_SWEEP_MS: 600_000, // between two sweeps for attempts whose carts have expired
} as const;

/** The bounds of this service, each with its unit. */
export const checkoutLimits = {
  CHECKOUT_RETRY_MINUTES: 15, // an attempt that is younger is resumed with the contents that the cart had then
  OLD_ATTEMPTS_SWEEP_MS: 600_000, // between two sweeps for attempts whose carts have expired
} as const;

/** The bounds of this service, each with its unit. */
export const checkoutLimits = {
  CHECKOUT_RETRY_MINUTES: 15, // an attempt this young is taken up as it was agreed
} as const;

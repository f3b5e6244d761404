/** The bounds of this service, each with its unit. */
export const customerLimits = {
  CUSTOMER_ADDRESSES: 50,
  GROUPS_OF_CUSTOMER: 20,
  PREFERENCES: 50, // per customer, of 500 characters each
} as const;

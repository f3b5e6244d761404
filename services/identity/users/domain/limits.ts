/** The bounds of this service, each with its unit. */
export const userLimits = {
  STAFF_ROLES: 10, // per member of staff
} as const;

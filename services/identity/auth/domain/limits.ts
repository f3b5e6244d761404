/** The bounds of this service, each with its unit. */
export const authLimits = {
  LOGIN_FAILURES: 10, // per account and address
  LOGIN_FAILURE_WINDOW_SECONDS: 60,
  ACCESS_TOKEN_SECONDS: 900, // customers use their tokens for this long while auth is down, also after a logout
  SESSION_DAYS: 30, // since its last refresh
  PENDING_CREDENTIAL_MINUTES: 60, // a registration needs only seconds
  RETIRED_KEY_HOURS: 24, // longer than the life of access tokens, and than the replacement of all nodes
  PUBLISHED_KEYS: 20,
} as const;

/** The bounds of this service, each with its unit. */
export const authLimits = {
  LOGIN_FAILURES: 10, // per account and address
  LOGIN_FAILURE_WINDOW_SECONDS: 60,
  ACCESS_TOKEN_SECONDS: 900, // an ended session or a right taken away lingers this long
  SESSION_DAYS: 30, // since its last refresh
  PENDING_CREDENTIAL_MINUTES: 60, // a registration takes seconds
  RETIRED_KEY_HOURS: 24, // longer than access tokens live and than nodes are replaced in
  PUBLISHED_KEYS: 20,
} as const;

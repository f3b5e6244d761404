/** The bounds of this service, each with its unit. */
export const fraudLimits = {
  ASSESS_TIMEOUT_MS: 500, // then an order is placed without an assessment, see FRAUD_UNAVAILABLE
  ASSESS_BATCH: 50, // attempts that one statement stores and counts
  ASSESS_WAITING: 2_000, // attempts that wait for their batch on one node; further ones are not assessed
  VELOCITY_ATTEMPTS: 25, // of one customer that are looked at, the latest; more make no difference to any rule
  VELOCITY_SHARED: 30, // attempts with one method, address or network that are looked at
  ATTEMPT_DAYS: 90, // then an attempt is forgotten: who it was and from where
  ASSESSMENT_DAYS: 400, // a bank may take money back for more than a year; then the reasons are forgotten as well
  FORGET_BATCHES: 20, // statements of one run of the job that forgets, with SWEEP_ROWS rows each
  FORGET_EVERY_MS: 60_000,
  TRUST_AFTER_HOURS: 24, // an order counts for its customer when it is this old and paid
  TRUST_EVERY_MS: 60_000, // between two looks for such orders
  TRUST_BATCHES: 20, // calls of one run, with ORDERS_PER_CALL orders each: 10,000 orders a minute
  REVIEW_SWEEP_MS: 5_000, // between two looks for reviews past their deadline
  REVIEW_SWEEP_BATCHES: 20, // transactions of one sweep, with SWEEP_ROWS reviews each
  DATABASE_POLL_MS: 5_000, // between two looks whether a file of GEOIP_DATABASE or NETWORKS_DATABASE has changed
  REASONS: 50, // of one assessment; there are fewer rules
} as const;

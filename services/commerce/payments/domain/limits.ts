/** The bounds of this service, each with its unit. */
export const paymentLimits = {
  PROVIDER_TIMEOUT_MS: 4_000, // then the outcome of the call is unknown
  PROVIDER_WAIT_MS: 7_000, // a client waits for one time-out and one more attempt; below REQUEST_TIMEOUT_MS
  PROVIDER_CALLS: 100, // at once and per node; Stripe allows 100 a second
  OPERATION_BATCH: 50, // operations claimed at once
  OPERATION_LEASE_MS: 10_000, // longer than two calls; a worker silent for longer counts as dead
  OPERATION_POLL_MS: 1_000, // finds what no wake-up has announced, such as retries that are due
  OPERATION_WAITERS: 1_000, // clients of one node that wait for operations: more than the bulkheads of the actions let in
  OPERATION_WAIT_POLL_MS: 200, // for these clients: another node may do the work, and notifies only its own clients
  OPERATION_BACKOFF_MS: 1_000, // before an operation in doubt is attempted again; doubled at each attempt
  OPERATION_UNKNOWN_MINUTES: 5, // an operation that is open for longer needs a person
  OPERATION_BACKOFF_CAP_MS: 60_000, // a key that turns out to be spent takes three attempts: below 5 minutes in all
  PROVIDER_SETTLING_MS: 60_000, // after a failure of the provider; an effect that it does not know by then never happens
  SETBACK_BACKOFF_CAP_MS: 300_000, // between two attempts to return money that the provider refuses to return
  HOLD_CHECK_MINUTES: 120, // an order may wait for payment and capture for 75; orders is asked about longer holds
  PAYABLE_WAIT_MS: 1_000, // a client may pay an order whose event has not arrived yet
} as const;

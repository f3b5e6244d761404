/** The bounds of this service, each with its unit. */
export const paymentLimits = {
  PROVIDER_TIMEOUT_MS: 4_000, // then an operation is unknown, and recovered
  PROVIDER_WAIT_MS: 7_000, // a client waits this long for a time-out and one more try; below REQUEST_TIMEOUT_MS
  PROVIDER_CALLS: 100, // at once and per node; Stripe takes 100 a second
  OPERATION_BATCH: 50, // operations taken up at once
  OPERATION_LEASE_MS: 10_000, // a worker silent for longer is dead: it may ask twice and write down what it heard
  OPERATION_POLL_MS: 1_000, // safety net behind the nudge; also how soon a due retry is seen
  OPERATION_WAITERS: 1_000, // clients of one node that wait for operations: more than the bulkheads of the actions let in
  OPERATION_WAIT_POLL_MS: 200, // for these clients: another node may do the work, and notifies only its own clients
  OPERATION_BACKOFF_MS: 1_000, // before an unknown operation is tried again; doubled at each attempt
  OPERATION_UNKNOWN_MINUTES: 5, // open for longer, somebody should look
  OPERATION_BACKOFF_CAP_MS: 60_000, // with a key that turns out spent it takes three attempts: below 5 minutes in all
  PROVIDER_SETTLING_MS: 60_000, // after a failure of its own, until what the provider does not know has not happened
  SETBACK_BACKOFF_CAP_MS: 300_000, // between two tries to give money back that the provider refuses to
  HOLD_CHECK_MINUTES: 120, // an order may wait for payment and capture for 75: longer held, orders is asked whether it should be
  PAYABLE_WAIT_MS: 1_000, // a client may ask to pay an order whose event is still on its way
} as const;

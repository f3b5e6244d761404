/** The bounds of this service, each with its unit. */
export const paymentLimits = {
  METHODS_PER_CALL: 500, // orders whose methods one call asks about
  PROVIDER_TIMEOUT_MS: 4_000, // then the outcome of the call is unknown
  PROVIDER_WAIT_MS: 7_000, // a client waits for one time-out and one more attempt; below REQUEST_TIMEOUT_MS
  PROVIDER_ANSWER_BYTES: 1_048_576, // of one answer that no library reads; they have some kB
  PAYPAL_CERTIFICATES: 10, // kept; PayPal signs with one at a time
  PAYPAL_HOLD_DAYS: 29, // for which PayPal keeps an authorisation, if it does not say until when
  VNPAY_PAGE_MINUTES: 15, // in which the customer can pay; as long as an order waits for its payment
  VNPAY_CAPTURE_DAYS: 30, // shown as the end of an authorisation, though VNPay has taken the money
  MOMO_HOLD_HOURS: 24, // shown as the end of an authorisation; MoMo does not say how long it holds
  STORED_VALUE_HOLD_DAYS: 30, // shown as the end of an authorisation that asked no provider; it ends with its order
  GIFT_CARD_WRONG_CODES: 20, // of one address in GIFT_CARD_WINDOW_SECONDS; then it gets no answer about any code
  GIFT_CARD_WINDOW_SECONDS: 600,
  GIFT_CARD_COUNT_MS: 200, // for Redis to count a wrong code; without it each node counts by itself
  PLANNED_GIFT_CARDS: 100, // of one purchase; orders take fewer
  MOMO_MIN_VND: 1_000, // of one payment or refund
  MOMO_MAX_VND: 50_000_000, // of one payment
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
  OPERATION_TRIES: 200, // then it is parked; with the capped pauses that is more than three hours
  NOT_ASKED_MS: 2_000, // until the next try of an operation whose provider was not asked
  BREAKER_FAILURES: 10, // in a row: then the provider is not asked for BREAKER_OPEN_MS
  BREAKER_OPEN_MS: 5_000,
  METHODS_PER_CUSTOMER: 50, // saved, and begun to be saved within SETUP_HOURS
  SETUP_HOURS: 24, // for which a setup is looked up at the provider
  SETUPS_LOOKED_UP: 10, // at the provider by one list; each takes a request, and those left out have their turn in the next
  SETUP_LOOKUP_MS: 2_000, // for all look-ups of one list; then it shows what is saved
  SETUP_DAYS: 30, // then a setup is removed, so that its end, if it is told even later, saves nothing
  SAVE_TRIES: 5, // of one method; each failure takes a rotation that has just removed a key
  VAULT_LOG_LINES: 10, // a minute, about saved methods that cannot be decrypted
  NOTIFICATION_BYTES: 262_144, // of one notification; Stripe's have some 5 kB
  NOTIFICATION_AGE_SECONDS: 300, // an older one may be a copy that somebody has kept; Stripe's SDK has the same bound
  NOTIFICATION_REPEAT_HOURS: 96, // for those that are repeated with their first time; PayPal repeats for three days
  NOTIFICATION_DAYS: 30, // for which repeated events are recognised; Stripe repeats for three days
  RECONCILE_EVERY_MS: 900_000, // between two comparisons with the providers' lists
  RECONCILE_CHARGES: 20_000, // compared in one run and of one provider
  PROVIDER_LIST_MS: 120_000, // for the whole list of one comparison
  RECONCILE_BATCH: 200, // charges whose payments are read at once
  RECONCILE_HOURS: 24, // the charges that are compared are no older
  RECONCILE_SETTLED_MINUTES: 2, // and no younger: their answers may still be on the way
  /** Of notifications that are processed: the provider is asked, and one transaction follows. */
  NOTIFICATIONS: {
    concurrency: 16,
    batch: 50,
    leaseMs: 30_000,
    pollMs: 1_000,
    timeoutMs: 15_000,
    backoffMs: 500,
    backoffCapMs: 60_000,
    maxAttempts: 30,
  },
  OBSERVE_TRIES: 3, // readings of one charge that changed while it was asked about
  BALANCE_MS: 2_500, // for a provider to say what it holds; below READ_TIMEOUT_MS
  MOVEMENTS_EVERY_MS: 60_000, // between two looks at what the providers have kept and paid out
  MOVEMENTS_LIST_MS: 50_000, // for the list of one provider; what comes after that is read by the next run
  MOVEMENTS_BATCH: 100, // stored in one transaction
  MOVEMENTS_OVERLAP_HOURS: 24, // that are listed again, because a provider's list may get something late
  MOVEMENTS_FIRST_DAYS: 30, // that the first look goes back: as far as events are kept for a new ledger
  PAYABLE_WAIT_MS: 1_000, // a client may pay an order whose event has not arrived yet
} as const;

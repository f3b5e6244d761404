/**
 * Every bound of the shop, with its unit in the name. A number that is not here is not a limit.
 */
export const limits = {
  // Edge
  BODY_BYTES: 1_048_576, // one order of 250 lines is 30 kB; a batch of 10,000 prices is 700 kB
  BODY_DEPTH: 32, // levels of nesting; no contract goes deeper than 8
  BATCH_BODY_BYTES: 4_194_304, // the *:batch routes
  WORK_START: 50, // requests worked on at once, until it is known how many there should be
  WORK_MIN: 16,
  WORK_MAX: 1_000,
  WORK_TARGET_MS: 150, // requests that take longer are too many at once: 503 within milliseconds beats a queue nobody outlives
  LOOP_TARGET_MS: 20, // so are those that make a process this late with everything it does
  LOAD_LOOK_MS: 200, // how often these two are looked at
  CROWD_WAITING: 200, // requests that came together and wait for each other
  CROWD_MS: 1_000, // for so long at most; in a crowd that lasts longer nobody waits
  CROWD_CALM_MS: 5_000, // without one, and the next may wait again
  CONNECTIONS: 10_000, // of clients; the next ones are closed at once
  RETRY_AFTER_SECONDS: 1,
  PREFER_WAIT_SECONDS: 10,
  STREAM_SECONDS: 300, // longest server-sent event stream; clients reconnect
  STREAMS_OPEN: 500,
  EDGE_CACHE_ENTRIES: 2_000,
  EDGE_CACHE_TTL_MS: 1_000, // catalogue reads may be this stale when an invalidation was lost
  TOKEN_CACHE_ENTRIES: 10_000, // verified JWTs
  KEEP_ALIVE_MS: 65_000, // longer than the usual 60 s of a load balancer, so that it closes first
  LEAVING_MS: 2_000, // a gateway that stops serves for this long while /health/ready says no: load balancers look every second
  STOP_NOTICE_MS: 500, // then its services are called no more; calls that are on their way are still taken
  SHUTDOWN_MS: 10_000,

  // Rate limits, counted per caller (identity where known, else socket address)
  RATE_POINTS: 3_000,
  RATE_WINDOW_SECONDS: 10,
  LOGIN_FAILURES: 10, // per account and address
  LOGIN_FAILURE_WINDOW_SECONDS: 60,

  // Identity
  ACCESS_TOKEN_SECONDS: 900, // an ended session or a right taken away lingers this long
  SESSION_DAYS: 30, // since its last refresh
  PENDING_CREDENTIAL_MINUTES: 60, // a registration takes seconds
  RETIRED_KEY_HOURS: 24, // longer than access tokens live and than nodes are replaced in
  PUBLISHED_KEYS: 20,
  CUSTOMER_ADDRESSES: 50,
  PREFERENCES: 50, // per customer, of 500 characters each
  STAFF_ROLES: 10, // per member of staff

  // Calls between services
  REQUEST_TIMEOUT_MS: 10_000,
  READ_TIMEOUT_MS: 3_000, // after it a read is tried on another node
  HEARTBEAT_SECONDS: 1,
  HEARTBEAT_TIMEOUT_SECONDS: 3, // silence after which a node counts as gone, and calls to it are tried elsewhere
  ABSENT_SERVICE_MS: 1_000, // a call waits this long for the next node of a service whose last one has just left
  CALL_CONCURRENCY: 200, // bulkhead, per action and node
  CALL_QUEUE: 2_000,
  CALL_RETRIES: 2,

  // Databases
  POOL_CONNECTIONS: 8, // per service and node
  POOL_TRANSACTIONS: 6, // of clients, at once: the rest is for single statements and for the group, whatever locks are held
  POOL_ACQUIRE_MS: 900,
  TRANSACTION_TURN_MS: 1_400, // a client waits this long for one of these to end
  TRANSACTION_WAIT_MS: 1_800, // and for its turn and rows that are locked together, so that it is answered within 2 s
  STATEMENT_TIMEOUT_MS: 6_000,
  QUERY_TIMEOUT_MS: 8_000, // a connection silent for longer than any statement may take is dead: below REQUEST_TIMEOUT_MS
  LOCK_TIMEOUT_MS: 500, // and as long again for one's turn among those who wait for the same row
  IDLE_TRANSACTION_MS: 5_000, // between two statements of one: a node silent for longer loses it, and its locks
  CONNECT_TIMEOUT_MS: 5_000,
  PREPARED_STATEMENTS: 500, // distinct texts kept prepared per process; the rest runs unprepared
  MIGRATION_LOCK_MS: 60_000,

  // Events
  PARTITIONS: 12,
  EVENT_BYTES: 1_000_000, // NATS takes 1 MiB a message, headers included
  OUTBOX_BATCH: 500, // rows read by the relay at once
  OUTBOX_IN_FLIGHT: 2_000, // rows sent and not yet settled
  OUTBOX_POLL_MS: 1_000, // safety net behind the nudge
  OUTBOX_MARK_MS: 20, // sent rows are marked this much later, many in one statement
  OUTBOX_RESEND_ROWS: 5_000, // marked as unsent in one statement, when a stream was lost
  STREAM_CHECK_MS: 5_000, // a stream that was deleted while nothing is sent is noticed after this time
  STREAM_TAIL_MINUTES: 10, // what a broker that lost its power may have lost; its default is to sync every 2 minutes
  OUTBOX_RETENTION_DAYS: 30,
  INBOX_RETENTION_DAYS: 31, // outlives the outbox, so that a rebuilt stream meets an inbox that remembers
  GROUP_BATCH: 100, // events applied in one transaction
  EVENT_ATTEMPTS: 5, // then the event is dead-lettered
  DEAD_LETTER_ERROR_CHARS: 10_000,
  DEAD_LETTER_BODY_CHARS: 10_000, // of a message that is no event
  DEAD_LETTER_HEADER_CHARS: 500, // of each of its headers
  DISCARDED_LETTER_DAYS: 90,
  REWIND_STATEMENT_MS: 120_000, // forgetting what a month has applied takes one statement
  REWIND_CALL_MS: 25_000, // an operator waits this long; it goes on without them
  REWIND_MARGIN_MINUTES: 60, // clocks of nodes may be this far apart; what is delivered too early is known to the inbox
  LAG_SECONDS: 10, // between two measurements of a group's lag, its outbox and its alarms
  EVENT_BACKOFF_MS: 200, // doubled at each attempt
  EVENT_BACKOFF_CAP_MS: 5_000,
  EVENT_LOCK_TIMEOUT_MS: 300, // longer than another node's batch takes
  EVENT_LOCK_RETRY_MS: 30, // for events whose rows were locked before: the others wait for each of them
  EVENT_OUTAGE_BACKOFF_MS: 500, // pause while the group's database is away; does not count as an attempt
  NATS_PING_MS: 3_000, // a connection whose pings go unanswered three times is dead: the other side need not say so
  PUBLISH_TIMEOUT_MS: 5_000,
  PULL_EXPIRES_MS: 10_000,
  PULL_HEARTBEAT_MS: 2_000, // a consumer that is gone is not always said to be: silence for twice as long says it
  ACK_WAIT_MS: 30_000,
  REBALANCE_MS: 1_000,

  // Idempotency
  IDEMPOTENCY_KEY_CHARS: 255,
  IDEMPOTENCY_HOURS: 24,

  // Jobs
  SWEEPER_GRACE_SECONDS: 60, // what a sweeper has not found by then, nobody sweeps
  SWEEP_ROWS: 500, // rows one run of a sweeper may take

  // Payments
  PROVIDER_TIMEOUT_MS: 4_000, // then an operation is unknown, and recovered
  PROVIDER_WAIT_MS: 7_000, // a client waits this long for a time-out and one more try; below REQUEST_TIMEOUT_MS
  PROVIDER_CALLS: 100, // at once and per node; Stripe takes 100 a second
  OPERATION_BATCH: 50, // operations taken up at once
  OPERATION_LEASE_MS: 10_000, // a worker silent for longer is dead: it may ask twice and write down what it heard
  OPERATION_POLL_MS: 1_000, // safety net behind the nudge; also how soon a due retry is seen
  OPERATION_BACKOFF_MS: 1_000, // before an unknown operation is tried again; doubled at each attempt
  OPERATION_UNKNOWN_MINUTES: 5, // open for longer, somebody should look
  OPERATION_BACKOFF_CAP_MS: 60_000, // with a key that turns out spent it takes three attempts: below 5 minutes in all
  PROVIDER_SETTLING_MS: 60_000, // after a failure of its own, until what the provider does not know has not happened
  SETBACK_BACKOFF_CAP_MS: 300_000, // between two tries to give money back that the provider refuses to
  HOLD_CHECK_MINUTES: 120, // an order may wait for payment and capture for 75: longer held, orders is asked whether it should be
  PAYABLE_WAIT_MS: 1_000, // a client may ask to pay an order whose event is still on its way

  // Domain
  ORDER_LINES: 250,
  LINE_QUANTITY: 100_000,
  ORDER_PAYMENT_MINUTES: 15, // deadline of pending_payment
  ORDER_CAPTURE_MINUTES: 60, // deadline of confirmed
  ORDER_HANDLING_MINUTES: 10_080, // deadline of paid and processing: a week; later somebody should look
  ORDER_DELIVERY_MINUTES: 43_200, // deadline of shipped: 30 days
  ORDER_DELIVERY_DAYS: 5, // what a customer is told until a carrier has said more
  ORDER_STEPS: 500, // of one timeline in one answer; an order has about six
  ORDER_WAITERS: 1_000, // clients of one node that wait for orders to settle; the next ones are answered at once
  ORDERS_PER_CALL: 500, // asked about at once
  RESERVATION_MINUTES: 30, // after it the sweeper asks whether the order still wants it
  CART_LINES: 250,
  CART_DAYS: 30, // since its last change
  CART_TRIES: 10, // two tabs of one shopper do not get in each other's way more often
  CART_REQUESTS: 32, // idempotency keys a cart remembers
  CHECKOUT_RETRY_MINUTES: 15, // an attempt this young is taken up as it was agreed
  PAGE_SIZE: 100,
  PRICE_BATCH_ROWS: 10_000,
  PRODUCT_BATCH_ROWS: 500,
  PRODUCT_VARIANTS: 250,
  PRODUCT_JSON_CHARS: 262_144, // its event stays below NATS's 1 MiB even at three bytes each
  PRODUCT_CATEGORIES: 20,
  PRODUCT_IMAGES: 50,
  PRODUCT_ATTRIBUTES: 100,
  CATEGORY_DEPTH: 16, // levels; no shop's tree is deeper, and a deeper one is a mistake
  SKUS_PER_CALL: 1_000, // asked of pricing or inventory at once
  OFFER_TIMEOUT_MS: 1_500, // a product page shows "unknown" rather than wait longer for price or stock
  RESOLVED_PRODUCTS: 20_000, // kept in memory per node, about 300 bytes each
  RESOLVED_TTL_MS: 1_000, // an archived product may be sold this much longer when its signal was lost
  PRICE_SHARDS: 64, // events of one price stay in one shard; changing the number may cross two events once
  PRICES_PER_EVENT: 500,
  STOCK_BATCH_ROWS: 5_000,
  STOCK_PIECES: 1_000_000_000, // of one sku in one warehouse; a Postgres int holds twice as many
  KEYVALUE_BYTES: 262_144, // of one value
  KEYVALUE_TIMEOUT_MS: 1_000, // an answer of Redis; it takes 1 ms when all is well
  REDIS_SILENCE_MS: 5_000, // a connection that owes an answer for longer is dead, and made anew
} as const;

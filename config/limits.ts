/**
 * The bounds of the platform, each with its unit in the name. The bounds of a service are in its `domain/limits.ts`;
 * `npm run limits` lists all of them.
 */
export const limits = {
  // Gateway
  BODY_BYTES: 1_048_576, // one order of 250 lines is 30 kB; a batch of 10,000 prices is 700 kB
  BATCH_BODY_BYTES: 4_194_304, // the *:batch routes
  RETRY_AFTER_SECONDS: 1,
  PREFER_WAIT_SECONDS: 10,
  STOP_NOTICE_MS: 500, // a stopping node accepts late calls for this long after it has announced its stop
  SHUTDOWN_MS: 10_000,

  // Calls between services
  REQUEST_TIMEOUT_MS: 10_000,
  READ_TIMEOUT_MS: 3_000, // then a read is tried on another node
  ANNOUNCE_MS: 50, // services that start within this time are announced to other nodes together; until then these send no signals
  HEARTBEAT_SECONDS: 1,
  HEARTBEAT_TIMEOUT_SECONDS: 3, // without a heartbeat for this long a node counts as gone, and calls to it go elsewhere
  ABSENT_SERVICE_MS: 1_000, // a call waits this long for another node when the last node of a service has just left
  CALL_CONCURRENCY: 200, // bulkhead, per action and node
  CALL_QUEUE: 2_000,
  CALL_RETRIES: 2,
  STATES_PER_CALL: 500, // sessions, or members of staff, that one call asks about

  // Databases
  POOL_CONNECTIONS: 8, // per service and node
  SERVER_CONNECTIONS: 64, // to one Postgres server, for all services of a process; Postgres allows 100 by default
  RESERVED_CONNECTIONS: 2, // of these for each service, whatever the others need: a transaction and a statement beside it
  POOL_TRANSACTIONS: 6, // of actions at once; the rest is for single statements and the consumer group, while transactions wait for locks
  POOL_ACQUIRE_MS: 900,
  TRANSACTION_TURN_MS: 1_400, // an action waits this long for one of these transactions to end
  TRANSACTION_WAIT_MS: 1_800, // for that and for locked rows together, so that a client has its answer within 2 s
  STATEMENT_TIMEOUT_MS: 6_000,
  QUERY_TIMEOUT_MS: 8_000, // longer than any statement takes: then the connection is dead; below REQUEST_TIMEOUT_MS
  LOCK_TIMEOUT_MS: 500, // Postgres applies it twice: to the queue of waiting transactions, and to the holder of the lock
  IDLE_TRANSACTION_MS: 5_000, // between two statements of a transaction; then Postgres rolls it back and frees its locks
  CONNECT_TIMEOUT_MS: 5_000,
  PREPARED_STATEMENTS: 500, // distinct statements that a process keeps prepared; others run unprepared
  MIGRATION_LOCK_MS: 60_000,

  // Events
  PARTITIONS: 12,
  EVENT_BYTES: 1_000_000, // NATS takes 1 MiB a message, headers included
  OUTBOX_BATCH: 500, // rows read by the relay at once
  OUTBOX_IN_FLIGHT: 2_000, // rows that were sent and are not yet acknowledged
  OUTBOX_POLL_MS: 1_000, // in case a wake-up after a commit was lost; and how long the relay's position may remain unsaved
  OUTBOX_IDLE_POLL_MS: 5_000, // the same while nothing is committed
  OUTBOX_SAVE_ROWS: 2_000, // the position is saved at least as often as this many events are sent
  OUTBOX_PROGRESS_SECONDS: 60, // between the times for which it is known what was sent before them
  STREAM_CHECK_MS: 5_000, // between two looks at whether a stream was deleted while no event is sent
  STREAM_TAIL_MINUTES: 10, // how much a broker may lose with its power; by default it syncs every 2 minutes
  OUTBOX_RETENTION_DAYS: 30,
  INBOX_RETENTION_DAYS: 31, // longer than the outbox, so that the inbox still knows every event of a rebuilt stream
  GROUP_BATCH: 100, // events applied in one transaction
  EVENT_WAIT_MS: 50, // for another event, where nothing depends on the effect soon; a person who reads it does not notice
  EVENT_ATTEMPTS: 5, // then the event is dead-lettered
  DEAD_LETTER_ERROR_CHARS: 10_000,
  DEAD_LETTER_BODY_CHARS: 10_000, // of a message that is not an event
  DEAD_LETTER_HEADER_CHARS: 500, // of each of its headers
  DISCARDED_LETTER_DAYS: 90,
  REWIND_STATEMENT_MS: 120_000, // one statement deletes the inbox rows of a whole month
  REWIND_CALL_MS: 25_000, // an operator waits this long; the rewind continues after that
  REWIND_MARGIN_MINUTES: 60, // the clocks of nodes may differ by this much; the inbox filters events that are delivered again too early
  LAG_SECONDS: 10, // between two measurements of a group's lag, its outbox and its alarms
  EVENT_BACKOFF_MS: 200, // doubled at each attempt
  EVENT_BACKOFF_CAP_MS: 5_000,
  EVENT_LOCK_TIMEOUT_MS: 300, // longer than another node's batch takes
  EVENT_LOCK_RETRY_MS: 30, // for events whose rows were locked before, because the other events of the group wait meanwhile
  EVENT_OUTAGE_BACKOFF_MS: 500, // pause while the group's database does not answer; does not count as an attempt
  NATS_PING_MS: 3_000, // after three unanswered pings a connection counts as lost; a dead host sends nothing
  PUBLISH_TIMEOUT_MS: 5_000,
  PULL_EXPIRES_MS: 10_000,
  PULL_HEARTBEAT_MS: 2_000, // without a message for twice as long the consumer counts as deleted, because the server does not always report it
  ACK_WAIT_MS: 30_000,
  REBALANCE_MS: 1_000,
  INTAKE_NODES: 16, // of a service that take messages of others at the same time
  INTAKE_RETRY_MS: 1_000, // before a message of others that could not be stored is delivered again

  // Idempotency
  IDEMPOTENCY_KEY_CHARS: 255,
  IDEMPOTENCY_HOURS: 24,

  // Jobs
  RETENTION_ROWS: 500, // deleted in one statement
  RETENTION_BATCHES: 400, // of each table in a minute: 3,300 rows a second, more than any service writes for a month
  ANALYZE_MIN_ROWS: 100, // written to a table before its statistics are renewed; smaller tables are fast with any plan
  PLAN_GROWTH: 4, // when a statement has inserted this many times as many rows as before, plans are made again
  ANALYZE_MAX_ROWS: 1_000_000, // larger tables are left to autovacuum
  SWEEPER_GRACE_SECONDS: 60, // a row that is overdue for longer is reported, because the sweeper has not handled it
  SWEEP_ROWS: 500, // rows that one run of a sweeper handles

  // Shared by several domains; the bounds of one service are in its domain/limits.ts
  ORDER_LINES: 250,
  LINE_QUANTITY: 100_000,
  OFFER_TIMEOUT_MS: 1_500, // then a product page shows "unknown" instead of price or stock
  PAGE_SIZE: 100,
  LIST_PAGES: 1_000, // of a list that also has cursors: skipping rows takes longer with each page
  LIST_TOTAL: 10_000, // rows of such a list that are counted; beyond that the answer says "at least"
  DATA_KEYS_CHECKED: 20, // of a vault at the start; a service has one or two
  CURSOR_CHARS: 2_000, // a title of 200 characters with four bytes each is 1,100 in base64
  ITEMS_PER_OWNER: 1_000, // of a CRUD table whose contract names no bound
  SKUS_PER_CALL: 1_000, // in one call to pricing or inventory
  KEYVALUE_BYTES: 262_144, // of one value
  KEYVALUE_TIMEOUT_MS: 1_000, // for an answer of Redis, which normally takes 1 ms
  REDIS_SILENCE_MS: 5_000, // without an answer for this long the connection is dead, and is opened again
} as const;

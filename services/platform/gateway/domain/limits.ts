/** The bounds of this service, each with its unit. */
export const gatewayLimits = {
  BODY_DEPTH: 32, // levels of nesting; no contract goes deeper than 8

  // How many requests are processed at once: the limit adapts to the load, see AdaptiveConcurrencyLimiter.
  INITIAL_CONCURRENCY: 50,
  MIN_CONCURRENCY: 16,
  MAX_CONCURRENCY: 1_000,
  TARGET_LATENCY_MS: 150, // above it the limit falls: a 503 within milliseconds is better than an answer after the client gave up
  TARGET_EVENT_LOOP_DELAY_MS: 20, // above it the limit falls, too
  CONCURRENCY_ADJUSTMENT_MS: 200, // between two adjustments of the limit

  // Requests above the limit wait in the admission queue.
  QUEUE_LENGTH: 200,
  QUEUE_WAIT_MS: 1_000, // for one request; when requests have been arriving above the limit for longer, new ones are refused at once
  QUEUE_RECOVERY_MS: 5_000, // without a request above the limit; then requests may wait again

  // Connections of clients, and requests and responses on their way: they are no load, but they take memory.
  CONNECTIONS: 10_000, // further ones are closed at once
  CONNECTIONS_PER_ADDRESS: 1_000, // an IPv6 network of 64 bits is one address; offices share one; the setting of this name overrides it
  HEADERS_MS: 10_000, // until the headers of a request have arrived, or the first ones of a connection
  BODY_ARRIVAL_MS: 300_000, // until a body has arrived; for the largest one this is 14 kB a second
  REQUEST_ARRIVAL_MS: 3_600_000, // until a request has arrived whose body is read in parts
  ARRIVAL_WINDOW_MS: 10_000, // a body that brings less than ARRIVAL_WINDOW_BYTES in this time, and does not end, is refused
  ARRIVAL_WINDOW_BYTES: 65_536,
  BODIES_BYTES: 67_108_864, // of all bodies together, until their requests are processed; then the heaviest are refused
  PARTS_OPEN: 100, // bodies that are read in parts at once; each takes the memory of two parts
  PARTS_SILENCE_MS: 30_000, // a body in parts that brings nothing for so long is refused
  UNREAD_BODY_MS: 10_000, // a client that goes on sending a body after its answer is disconnected
  CHUNKS: 100_000, // of one answer in bytes
  CHUNK_STALL_MS: 30_000, // a client that takes no chunk for so long is disconnected
  READING_WINDOW_MS: 10_000, // a client that reads less than READING_WINDOW_BYTES in this time, and has more to read, is disconnected
  READING_WINDOW_BYTES: 65_536,
  UNREAD_BYTES: 134_217_728, // of all responses together that the kernel has not taken; then the heaviest are ended
  SWEEP_MS: 1_000, // between two looks at what arrives and what is not read
  REFUSALS_LOG_MS: 10_000, // between two log lines about the same kind of refusal

  STREAM_SECONDS: 300, // longest stream of server-sent events; clients reconnect
  STREAMS_OPEN: 500,
  STREAMS_PER_ACCOUNT: 10, // open pages of one person that follow an order
  STREAMS_PER_ADDRESS: 50, // an office behind one address; a tenth of all streams
  STREAM_RETRY_AFTER_SECONDS: 10, // when one of these is reached
  STREAM_HEARTBEAT_MS: 15_000, // proxies usually end a connection that is silent for 30 to 60 s
  STREAM_STALL_MS: 10_000, // a client that reads nothing for this long while events wait for it is disconnected
  STREAM_POLL_MS: 2_000, // a stream reads again after this time, because the signal of a change may be lost
  EDGE_CACHE_ENTRIES: 2_000,
  EDGE_CACHE_TTL_MS: 1_000, // cached reads may be this stale when an invalidation was lost
  LANGUAGE_HEADERS: 1_000, // different ones that are remembered
  LANGUAGE_HEADER_CHARS: 500, // of a longer one nothing is read; browsers send 20 to 100
  IMMUTABLE_CACHE_BYTES: 67_108_864, // of answers in bytes that never change
  IMMUTABLE_CACHE_TTL_MS: 60_000, // a removed image is sent for this much longer; browsers and CDNs keep it anyway
  TOKEN_CACHE_ENTRIES: 10_000, // verified JWTs
  TOKEN_ISSUE_TOLERANCE_SECONDS: 60, // how far ahead of the issuer's clock a token's time of issue may be: after a failover of its database the clock may have gone back
  STATE_MAX_AGE_MS: 30_000, // a session that has ended, or a right that was taken, counts for this long when the signal about it was lost
  STATE_REREAD_MS: 20_000, // then the state of a session or of rights in use is read again in the background; the rest is how long an outage of auth or users is not noticed
  STATE_READ_MS: 500, // a request waits this long for an unknown state; with another second for an absent service it is still answered within 2 s
  STATE_CALL_MS: 1_000, // one call that reads states
  STATE_PAUSE_MS: 1_000, // after a read that failed; unknown states fail at once meanwhile
  STATE_LOG_LINES: 4, // a minute and gateway about states that could not be read; the others are counted in the next line
  STATE_CACHE_ENTRIES: 50_000, // sessions, and as many members of staff, 10 MB; the oldest state makes room
  KEYS_REFETCH_MS: 5_000, // between two fetches of the public keys, however many tokens name unknown keys or seem to come from the future
  KEYS_MAX_AGE_MS: 3_600_000, // then keys are fetched again, and the issuer's time with them: a machine that slept has lost some
  KEEP_ALIVE_MS: 65_000, // longer than the usual 60 s of a load balancer, so that the load balancer closes first
  DRAIN_NOTICE_MS: 2_000, // a gateway that stops still serves for this long while /health/ready answers 503: load balancers check every second
  RATE_POINTS: 3_000, // requests of one caller in one window
  RATE_WINDOW_SECONDS: 10,
  RATE_REDIS_TIMEOUT_MS: 200, // then this gateway counts the request on its own
} as const;

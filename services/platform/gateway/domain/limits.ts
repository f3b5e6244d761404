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

  CONNECTIONS: 10_000, // of clients; further ones are closed at once
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
  TOKEN_CACHE_ENTRIES: 10_000, // verified JWTs
  KEYS_REFETCH_MS: 5_000, // between two fetches of the public keys, however many tokens name unknown keys
  KEYS_MAX_AGE_MS: 3_600_000, // then keys are fetched again, and the issuer's time with them: a machine that slept has lost some
  KEEP_ALIVE_MS: 65_000, // longer than the usual 60 s of a load balancer, so that the load balancer closes first
  DRAIN_NOTICE_MS: 2_000, // a gateway that stops still serves for this long while /health/ready answers 503: load balancers check every second
  RATE_POINTS: 3_000, // requests of one caller in one window
  RATE_WINDOW_SECONDS: 10,
  RATE_REDIS_TIMEOUT_MS: 200, // then this gateway counts the request on its own
} as const;

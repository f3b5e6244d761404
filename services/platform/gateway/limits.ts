/** The bounds of this service, each with its unit. */
export const gatewayLimits = {
  BODY_DEPTH: 32, // levels of nesting; no contract goes deeper than 8
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
  STREAM_SECONDS: 300, // longest server-sent event stream; clients reconnect
  STREAMS_OPEN: 500,
  EDGE_CACHE_ENTRIES: 2_000,
  EDGE_CACHE_TTL_MS: 1_000, // catalogue reads may be this stale when an invalidation was lost
  TOKEN_CACHE_ENTRIES: 10_000, // verified JWTs
  KEEP_ALIVE_MS: 65_000, // longer than the usual 60 s of a load balancer, so that it closes first
  LEAVING_MS: 2_000, // a gateway that stops serves for this long while /health/ready says no: load balancers look every second
  RATE_POINTS: 3_000,
  RATE_WINDOW_SECONDS: 10,
} as const;

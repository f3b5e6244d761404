/** The bounds of this service, each with its unit. */
export const authLimits = {
  PASSWORD_CHARS: 8, // at least, of new passwords
  // Guessing passwords: so many failures are free, then a login has to wait, twice as long after each further failure. One
  // failure is forgotten in the given seconds, which are the longest wait, too: an attacker has one more try in that time.
  THROTTLE_FIRST_WAIT_SECONDS: 30,
  PAIR_FREE_FAILURES: 5, // of one account from one address
  PAIR_FORGET_SECONDS: 600,
  ADDRESS_FREE_FAILURES: 20, // from one address, whatever the accounts; many people may share it
  ADDRESS_FORGET_SECONDS: 120,
  ACCOUNT_FREE_FAILURES: 10, // of one account; addresses from which it has logged in lately do not wait for it
  ACCOUNT_FORGET_SECONDS: 900,
  FREE_REGISTRATIONS: 50, // from one address; each costs the hash of a password, also when the email is taken
  REGISTRATION_FORGET_SECONDS: 60,
  HASHES_AT_ONCE: 4, // of one address and node; below PAIR_FREE_FAILURES, because a login counts as failed until it has succeeded
  HASHING_WAIT_MS: 5_000, // for its turn: 100 logins of one office at the same moment take about 2 s on two cores; below REQUEST_TIMEOUT_MS
  HASH_TURN_MS: 4_000, // a password waits this long for those before it, whatever their addresses; with HASHING_WAIT_MS below REQUEST_TIMEOUT_MS
  POOL_THREADS_FOR_OTHERS: 2, // of libuv's pool, for tokens, compression, files and host names while passwords are hashed
  COUNTER_HOURS: 4, // then every count has fallen to 0, and its row is deleted
  KNOWN_ADDRESS_DAYS: 90, // since the last login from it; then the address is a new one again
  KNOWN_ADDRESSES: 20, // per account, those of the last logins
  LOGIN_LOG_LINES: 20, // about failed and refused logins, per node and minute; the others are counted in one more line
  ACCESS_TOKEN_SECONDS: 900, // customers use their tokens for this long while auth is down, also after a logout
  SESSION_DAYS: 30, // since its last refresh
  REFRESH_GRACE_SECONDS: 10, // a token that was exchanged this recently gives the same successor again: longer than one request with its retries
  PENDING_CREDENTIAL_MINUTES: 60, // a registration needs only seconds
  RETIRED_KEY_HOURS: 24, // longer than the life of access tokens, and than the replacement of all nodes
  PUBLISHED_KEYS: 20,
} as const;

import { authLimits } from "./limits.ts";

const { THROTTLE_FIRST_WAIT_SECONDS } = authLimits;

/** How many attempts are free, and in which time one of the counted ones is forgotten. */
export interface Rule {
  free: number;
  /** Seconds; also the longest wait. */
  forget: number;
}

export const rules = {
  /** Failed logins of one account from one address. */
  pair: { free: authLimits.PAIR_FREE_FAILURES, forget: authLimits.PAIR_FORGET_SECONDS },
  /** Failed logins from one address, whatever the accounts. */
  address: { free: authLimits.ADDRESS_FREE_FAILURES, forget: authLimits.ADDRESS_FORGET_SECONDS },
  /** Failed logins of one account, whatever the addresses. */
  account: { free: authLimits.ACCOUNT_FREE_FAILURES, forget: authLimits.ACCOUNT_FORGET_SECONDS },
  /** Registrations from one address. */
  registrations: { free: authLimits.FREE_REGISTRATIONS, forget: authLimits.REGISTRATION_FORGET_SECONDS },
} as const satisfies Record<string, Rule>;

/** What was counted under one key. Times are milliseconds on the clock of the database. */
export interface Counter {
  count: number;
  /** When the count was right. One is forgotten each `forget` seconds after it. */
  countedAt: number;
  /** The last attempt that was counted, or the first one that was told to wait; undefined: none. */
  lastAt: number | undefined;
}

export const NOTHING: Counter = { count: 0, countedAt: 0, lastAt: undefined };

/** Milliseconds to wait after the last attempt: none while attempts are free, then twice as long after each one. */
function waitAfter(count: number, { free, forget }: Rule): number {
  if (count < free) return 0;
  return Math.min(THROTTLE_FIRST_WAIT_SECONDS * 2 ** (count - free), forget) * 1_000;
}

/** A count does not grow above this: the next wait is the longest one already, and the recovery shall not take longer. */
function highestCount({ free, forget }: Rule): number {
  return free + Math.ceil(Math.log2(forget / THROTTLE_FIRST_WAIT_SECONDS));
}

function forgotten({ count, countedAt }: Counter, { forget }: Rule, now: number): number {
  return Math.min(count, Math.max(0, Math.floor((now - countedAt) / (forget * 1_000))));
}

/**
 * When the next attempt is allowed: a time that is not later than `now` if it is allowed now.
 * @param since the attempt, or the first request for one, after which to wait
 */
export function allowedAt(counter: Counter, rule: Rule, since: number | undefined): number {
  if (since === undefined) return Number.NEGATIVE_INFINITY;
  let earliest = Number.POSITIVE_INFINITY;
  // The wait also ends when enough attempts are forgotten for a shorter one to have passed.
  for (let forgets = 0; forgets <= counter.count; forgets++) {
    const from = forgets === 0 ? Number.NEGATIVE_INFINITY : counter.countedAt + forgets * rule.forget * 1_000;
    earliest = Math.min(earliest, Math.max(from, since + waitAfter(counter.count - forgets, rule)));
  }
  return earliest;
}

/** The counter after one more attempt. */
export function counted(counter: Counter, rule: Rule, now: number): Counter {
  const forgets = forgotten(counter, rule, now);
  const left = counter.count - forgets;
  return {
    count: Math.min(left + 1, highestCount(rule)),
    countedAt: left === 0 ? now : counter.countedAt + forgets * rule.forget * 1_000,
    lastAt: now,
  };
}

/** The counters of one decision, by their names. */
export type Counters<Name extends string> = Readonly<Record<Name, Counter>>;

export interface Verdict<Name extends string> {
  /** 0: the attempt is allowed. */
  retryAfterMs: number;
  /** The counters after the attempt, if it is allowed. */
  after?: Counters<Name>;
  /** The counter whose first wait begins now, because nothing was counted by it before. */
  waits?: Name;
}

export type LoginCounter = "pair" | "address" | "account";

/**
 * Whether a login may be tried now. Address and pair wait after their own failures. The account's failures make a new
 * address wait before its first try, and between its tries, however many other addresses try: so nobody is shut out by
 * others for longer than `ACCOUNT_FORGET_SECONDS`. They do not count for an address from which the account has logged in
 * lately, so that strangers cannot delay its owner there at all.
 */
export function judgeLogin(
  { pair, address, account }: Counters<LoginCounter>,
  knownAddress: boolean,
  now: number,
): Verdict<LoginCounter> {
  const own = Math.max(allowedAt(pair, rules.pair, pair.lastAt), allowedAt(address, rules.address, address.lastAt));
  const forAccount = knownAddress ? now : allowedAt(account, rules.account, pair.lastAt ?? now);
  const at = Math.max(own, forAccount);
  if (at <= now) {
    const after = {
      pair: counted(pair, rules.pair, now),
      address: counted(address, rules.address, now),
      account: counted(account, rules.account, now),
    };
    return { retryAfterMs: 0, after };
  }
  return { retryAfterMs: at - now, ...(own <= now && pair.lastAt === undefined ? { waits: "pair" } : {}) };
}

/** Whether somebody may be registered now. */
export function judgeRegistration({ address }: Counters<"address">, now: number): Verdict<"address"> {
  const at = allowedAt(address, rules.registrations, address.lastAt);
  return at > now
    ? { retryAfterMs: at - now }
    : { retryAfterMs: 0, after: { address: counted(address, rules.registrations, now) } };
}

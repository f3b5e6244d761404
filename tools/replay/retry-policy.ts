/** Longest wait for 429 to pass, in milliseconds of one request's life. */
const THROTTLED_MS = 900_000;
/** Longest wait for an earlier request with the same idempotency key, which a killed run may have left behind. */
const IN_PROGRESS_MS = 120_000;
/** Attempts at a request that the shop answers with 500: it may be one unlucky moment, hardly three. */
const BROKEN_ATTEMPTS = 3;
const FIRST_DELAY_MS = 100;
/** Delays double up to here. */
const LONGEST_DELAY_MS = 2_000;
/** The longest `Retry-After` that is honoured as it stands; more is cut to this. */
const LONGEST_RETRY_AFTER_MS = 60_000;

/** How one attempt ended: without an answer, or with a status and what the answer says beside it. */
export type Attempt = "noAnswer" | { status: number; code?: string; retryAfter?: string };

type Trouble = "away" | "throttled" | "inProgress" | "broken";

/**
 * Decides for one request whether to try again, and when. Every request of the replay may be sent twice: it reads,
 * it sets, or it carries an idempotency key.
 */
export class RetryPolicy {
  readonly #awayMs: number;
  readonly #startedMs: number;
  #attempts = 0;

  /** `awayMs` is how long the shop may be unreachable or answer 502, 503 or 504. */
  constructor(awayMs: number, startedMs: number) {
    this.#awayMs = awayMs;
    this.#startedMs = startedMs;
  }

  /** Milliseconds to wait before the next attempt; `undefined` when this one was the last. */
  delayAfter(attempt: Attempt, nowMs: number): number | undefined {
    const trouble = troubleOf(attempt);
    if (trouble === undefined) return undefined;
    this.#attempts += 1;
    if (trouble === "broken" && this.#attempts >= BROKEN_ATTEMPTS) return undefined;
    const bounds = { away: this.#awayMs, throttled: THROTTLED_MS, inProgress: IN_PROGRESS_MS, broken: this.#awayMs };
    const asked = attempt === "noAnswer" ? undefined : retryAfterMs(attempt.retryAfter);
    const delay = asked ?? Math.min(FIRST_DELAY_MS * 2 ** Math.min(this.#attempts - 1, 10), LONGEST_DELAY_MS);
    return nowMs + delay - this.#startedMs > bounds[trouble] ? undefined : delay;
  }
}

function troubleOf(attempt: Attempt): Trouble | undefined {
  if (attempt === "noAnswer") return "away";
  if (attempt.status === 409) return attempt.code === "IDEMPOTENCY_IN_PROGRESS" ? "inProgress" : undefined;
  if (attempt.status === 429) return "throttled";
  if (attempt.status === 500) return "broken";
  return [502, 503, 504].includes(attempt.status) ? "away" : undefined;
}

/** Milliseconds of a `Retry-After` given in seconds, which is the only form the shop uses. */
function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined || !/^\d{1,6}$/.test(header)) return undefined;
  return Math.min(Number(header) * 1_000, LONGEST_RETRY_AFTER_MS);
}

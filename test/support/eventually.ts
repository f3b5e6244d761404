import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";

const WITHIN_MS = 10_000;
const EVERY_MS = 20;
/** How long the last attempt may take after the deadline, so that one that hangs cannot block the test. */
const LAST_ATTEMPT_MS = 10_000;

/**
 * Repeats an attempt until it does not throw. The only way in which tests wait for something that happens by itself.
 * @returns what the attempt returned
 * @throws Error with the message of the last failure, when the time is over; its stack is that of the caller
 */
export async function eventually<T>(
  attempt: () => Promise<T> | T,
  withinMs = WITHIN_MS,
  everyMs = EVERY_MS,
): Promise<T> {
  const timedOut = new Error();
  Error.captureStackTrace(timedOut, eventually);
  const deadline = performance.now() + withinMs;
  for (let attempts = 1; ; attempts++) {
    try {
      return await bounded(attempt, deadline - performance.now() + LAST_ATTEMPT_MS);
    } catch (error) {
      if (performance.now() > deadline) throw describe(timedOut, error, withinMs, attempts);
    }
    await sleep(everyMs);
  }
}

/**
 * Reads a value until it is the expected one.
 * @returns the value that was expected
 * @throws Error that shows the last value, when the time is over
 */
export function readUntil<T>(
  read: () => Promise<T>,
  isExpected: (value: T) => boolean,
  withinMs = WITHIN_MS,
): Promise<T> {
  return eventually(async () => {
    const value = await read();
    if (!isExpected(value)) throw new Error(`The value is still ${inspect(value, { depth: 4 })}`);
    return value;
  }, withinMs);
}

async function bounded<T>(attempt: () => Promise<T> | T, ms: number): Promise<T> {
  const timer = new AbortController();
  const expired = sleep(ms, undefined, { signal: timer.signal }).then(() => {
    throw new Error("The attempt did not end.");
  });
  try {
    return await Promise.race([attempt(), expired]);
  } finally {
    expired.catch(() => undefined);
    timer.abort();
  }
}

function describe(timedOut: Error, failure: unknown, withinMs: number, attempts: number): Error {
  const reason = failure instanceof Error ? failure.message : inspect(failure);
  const header = timedOut.stack?.split("\n").slice(1).join("\n") ?? "";
  timedOut.message = `This did not happen within ${withinMs} ms (${attempts} attempts). The last failure was:\n${reason}`;
  timedOut.stack = `${timedOut.name}: ${timedOut.message}\n${header}`;
  timedOut.cause = failure;
  return timedOut;
}

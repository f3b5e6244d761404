import { normalEmail } from "#lib/contract/email.ts";
import { authLimits } from "./limits.ts";

/**
 * How many passwords a process hashes at once: no more than there are cores, because more would be done no sooner and would
 * take the cores from requests and the database; and fewer than libuv's pool has threads, because these also verify tokens
 * and read files.
 */
export function hashesAtOnce(cores: number, poolThreads: number): number {
  return Math.max(1, Math.min(cores, poolThreads - authLimits.POOL_THREADS_FOR_OTHERS));
}

/** Keyboards encode letters such as `é` differently; a password must be the same on all of them. */
export function normalPassword(password: string): string {
  return password.normalize("NFKC");
}

/**
 * The reason why a password is too weak for this account, for the user; `undefined` when it is strong enough.
 * @param commonPasswords normal passwords in lower case
 */
export function passwordWeakness(
  password: string,
  email: string,
  commonPasswords: ReadonlySet<string>,
): string | undefined {
  const lower = normalPassword(password).toLowerCase();
  const address = normalEmail(email);
  if (lower === address || lower === address.split("@")[0])
    return "must not be the email address: choose a text of its own";
  if (new Set(lower).size < 2) return "must not repeat one single character: use several different ones";
  if (commonPasswords.has(lower))
    return "is one of the most common passwords, which are guessed first: choose another one, for example of four words";
  return undefined;
}

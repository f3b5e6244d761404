import { normalEmail } from "#lib/contract/email.ts";

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

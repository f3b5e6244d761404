import { authLimits } from "../domain/limits.ts";

let loading: Promise<ReadonlySet<string>> | undefined;

/**
 * The most common passwords, in lower case; those that are too short for a password anyway are left out. The list is
 * loaded for the first new password, because most nodes of a cluster never need it, and kept.
 */
export function commonPasswords(): Promise<ReadonlySet<string>> {
  loading ??= load();
  return loading;
}

async function load(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import("@zxcvbn-ts/language-common");
  return new Set(dictionary["passwords-common"].filter((password) => password.length >= authLimits.PASSWORD_CHARS));
}

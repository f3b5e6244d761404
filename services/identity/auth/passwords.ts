import { hash, verify } from "@node-rs/argon2";

/** OWASP's first recommendation for argon2id (the library's default algorithm): 19 MiB, two passes, one lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export function hashPassword(password: string): Promise<string> {
  return hash(typed(password), COST);
}

export function verifyPassword(passwordHash: string, password: string): Promise<boolean> {
  return verify(passwordHash, typed(password));
}

/** Keyboards disagree on how to spell `é`; the same password typed on another one must still be the same. */
function typed(password: string): string {
  return password.normalize("NFKC");
}

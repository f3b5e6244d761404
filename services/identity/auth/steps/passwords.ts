import { hash, verify } from "@node-rs/argon2";

/** The first recommendation of OWASP for argon2id, the library's default algorithm: 19 MiB, two passes, one lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

export function hashPassword(password: string): Promise<string> {
  return hash(normalized(password), COST);
}

export function verifyPassword(passwordHash: string, password: string): Promise<boolean> {
  return verify(passwordHash, normalized(password));
}

/** Keyboards encode letters such as `é` differently; a password must be the same on all of them. */
function normalized(password: string): string {
  return password.normalize("NFKC");
}

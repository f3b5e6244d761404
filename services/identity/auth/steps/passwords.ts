import { hash, verify } from "@node-rs/argon2";
import { normalPassword } from "../domain/password.ts";

/** The first recommendation of OWASP for argon2id, the library's default algorithm: 19 MiB, two passes, one lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** The only place where passwords are hashed. Each of both takes about 40 ms of a core. */
export const passwordHashes = {
  make(password: string): Promise<string> {
    return hash(normalPassword(password), COST);
  },

  verify(passwordHash: string, password: string): Promise<boolean> {
    return verify(passwordHash, normalPassword(password));
  },
};

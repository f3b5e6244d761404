import { hash, verify } from "@node-rs/argon2";
import { Semaphore } from "#lib/sql/semaphore.ts";
import { authLimits } from "../domain/limits.ts";
import { normalPassword } from "../domain/password.ts";

/** The first recommendation of OWASP for argon2id, the library's default algorithm: 19 MiB, two passes, one lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/**
 * The only place where passwords are hashed. Each of both takes about 40 ms of a core, in a thread of libuv's pool. That
 * pool also verifies and signs tokens, compresses answers, reads files and looks up hosts, in the order in which it is
 * asked: without a bound, all these would wait for every hash that was asked for before.
 */
export class PasswordHashes {
  readonly #turns: Semaphore;

  /** @param atOnce of this process; see `hashesAtOnce` */
  constructor(atOnce: number) {
    this.#turns = new Semaphore(atOnce, authLimits.HASH_TURN_MS, "Too many passwords are waiting to be verified.");
  }

  /** @throws DomainError SERVICE_UNAVAILABLE after `HASH_TURN_MS` */
  make(password: string): Promise<string> {
    return this.#turns.run(() => hash(normalPassword(password), COST));
  }

  /** @throws DomainError SERVICE_UNAVAILABLE after `HASH_TURN_MS` */
  verify(passwordHash: string, password: string): Promise<boolean> {
    return this.#turns.run(() => verify(passwordHash, normalPassword(password)));
  }
}

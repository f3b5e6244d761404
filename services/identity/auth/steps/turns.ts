import { Semaphore } from "#lib/sql/semaphore.ts";

/** Lets work of one key run at most so many times at once. Different keys do not wait for each other. */
export class Turns {
  readonly #atOnce: number;
  readonly #waitMs: number;
  readonly #running = new Map<string, { semaphore: Semaphore; users: number }>();

  /** @param waitMs how long work may wait for its turn */
  constructor(atOnce: number, waitMs: number) {
    this.#atOnce = atOnce;
    this.#waitMs = waitMs;
  }

  /** @throws DomainError SERVICE_UNAVAILABLE when the work could not begin in time */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const turns = this.#running.get(key) ?? {
      semaphore: new Semaphore(this.#atOnce, this.#waitMs, "Too many logins from this address are waiting."),
      users: 0,
    };
    this.#running.set(key, turns);
    turns.users++;
    try {
      return await turns.semaphore.run(work);
    } finally {
      turns.users--;
      if (turns.users === 0) this.#running.delete(key);
    }
  }
}

import { DomainError } from "#lib/contract/errors.ts";

/** Lets at most `count` pieces of work run at once. At most `maxWaiting` others wait, in order, each for at most `waitMs`. */
export class Semaphore {
  readonly #waitMs: number;
  readonly #refusal: string;
  readonly #maxWaiting: number;
  #free: number;
  readonly #waiting = new Set<() => void>();

  /** @param refusal the sentence for work that could not begin in time */
  constructor(
    count: number,
    waitMs: number,
    refusal = "Too many requests are waiting for the database.",
    maxWaiting = Number.POSITIVE_INFINITY,
  ) {
    this.#maxWaiting = maxWaiting;
    this.#free = count;
    this.#waitMs = waitMs;
    this.#refusal = refusal;
  }

  /** @throws DomainError SERVICE_UNAVAILABLE when the work could not begin in time, or too many others wait already */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else if (this.#waiting.size >= this.#maxWaiting) throw new DomainError("SERVICE_UNAVAILABLE", this.#refusal);
    else await this.#waitForSlot();
    try {
      return await work();
    } finally {
      const [next] = this.#waiting;
      if (next)
        next(); // it takes over the slot, so the number of free ones stays the same
      else this.#free += 1;
    }
  }

  #waitForSlot(): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        if (this.#waiting.delete(begin)) reject(new DomainError("SERVICE_UNAVAILABLE", this.#refusal));
      };
      // If the process was blocked, the work before this one may have ended meanwhile; its callbacks run first.
      const timer = setTimeout(() => setImmediate(giveUp), this.#waitMs);
      const begin = () => {
        clearTimeout(timer);
        this.#waiting.delete(begin);
        resolve();
      };
      this.#waiting.add(begin);
    });
  }
}

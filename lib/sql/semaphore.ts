import { DomainError } from "#lib/contract/errors.ts";

/** At most so many things at once. The next ones wait their turn, for a bounded time. */
export class Semaphore {
  readonly #waitMs: number;
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(count: number, waitMs: number) {
    this.#free = count;
    this.#waitMs = waitMs;
  }

  /** @throws DomainError SERVICE_UNAVAILABLE when no turn comes in time; the work has not begun then */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn();
    try {
      return await work();
    } finally {
      const [next] = this.#waiting;
      if (next)
        next(); // the slot goes from hand to hand
      else this.#free += 1;
    }
  }

  #turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        if (this.#waiting.delete(begin))
          reject(new DomainError("SERVICE_UNAVAILABLE", "Too much is waiting for this already."));
      };
      // In a process that was late, what it waits for may have happened already: that is looked at first.
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

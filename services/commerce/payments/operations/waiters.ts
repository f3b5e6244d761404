import { setTimeout as sleep } from "node:timers/promises";

const RECHECK_MS = 200; // another node may have done the work, and that node wakes nobody here

/** Requests waiting for something to be written down. */
export class Waiters {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** The ends of these are written down. */
  wake(ids: readonly string[]): void {
    for (const id of ids) for (const wake of this.#waiting.get(id) ?? []) wake();
  }

  /** What `look` finds, as soon as it finds something; undefined when it has not within `patienceMs`. */
  async until<T>(id: string, patienceMs: number, look: () => Promise<T | undefined>): Promise<T | undefined> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const turn = this.#turn(id); // before looking, so that no wake falls between
      try {
        const found = await look();
        const left = deadline - performance.now();
        if (found !== undefined || left <= 0) return found;
        await Promise.race([turn.woken, sleep(Math.min(RECHECK_MS, left))]);
      } finally {
        turn.leave();
      }
    }
  }

  #turn(id: string): { woken: Promise<void>; leave: () => void } {
    let wake = () => {};
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const others = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, others.add(wake));
    return {
      woken,
      leave: () => {
        others.delete(wake);
        if (others.size === 0 && this.#waiting.get(id) === others) this.#waiting.delete(id);
      },
    };
  }
}

/** A wait for changes of one key. */
export interface Subscription {
  /** Resolves with true when the key may have changed since the last call, and with false once the wait has ended. */
  next(): Promise<boolean>;
  /** Resolves when the wait has ended: by `end`, by its time-out, or because the notifier was closed. */
  readonly ended: Promise<undefined>;
  end(): void;
}

/**
 * Lets callers wait until something changes. `notify` wakes the callers that wait for a key. A notification may be lost
 * between nodes, so every caller is also woken once in `pollMs`, all in the same moment: their look-ups can share a query
 * (see `batchedLookup`). The number of callers is bounded, and the timer runs only while somebody waits.
 */
export class ChangeNotifier {
  readonly #maxWaiters: number;
  readonly #pollMs: number;
  readonly #waiting = new Map<string, Set<Waiter>>();
  #waiters = 0;
  #poll: NodeJS.Timeout | undefined;
  #closed = false;

  constructor({ maxWaiters, pollMs }: { maxWaiters: number; pollMs: number }) {
    this.#maxWaiters = maxWaiters;
    this.#pollMs = pollMs;
  }

  /** Something about this key has changed. */
  notify(key: string): void {
    for (const waiter of this.#waiting.get(key) ?? []) waiter.wake();
  }

  /**
   * Waits for changes of a key for at most `timeoutMs`. A change between this call and the first `next` is not missed, so
   * subscribe first and read afterwards.
   * @returns undefined when too many callers wait already, or after `close`
   */
  subscribe(key: string, timeoutMs: number): Subscription | undefined {
    if (this.#closed || this.#waiters >= this.#maxWaiters) return undefined;
    const sameKey = this.#waiting.get(key) ?? new Set();
    const waiter = new Waiter(timeoutMs, () => {
      sameKey.delete(waiter);
      if (sameKey.size === 0) this.#waiting.delete(key);
      this.#waiters -= 1;
      if (this.#waiters === 0) this.#stopPolling();
    });
    this.#waiting.set(key, sameKey.add(waiter));
    this.#waiters += 1;
    this.#poll ??= setInterval(() => this.#notifyAll(), this.#pollMs);
    return waiter;
  }

  /**
   * Calls `look` now and after each change, until it finds something.
   * @returns what it has found; undefined when the time is up, when too many callers wait already, or after `close`
   * @throws what `look` throws
   */
  async waitUntil<T>(key: string, timeoutMs: number, look: () => Promise<T | undefined>): Promise<T | undefined> {
    const subscription = this.subscribe(key, timeoutMs);
    if (!subscription) return undefined;
    try {
      do {
        const found = await Promise.race([look(), subscription.ended]); // a look-up that hangs does not outlast the time
        if (found !== undefined) return found;
      } while (await subscription.next());
      return undefined;
    } finally {
      subscription.end();
    }
  }

  /** Ends all waits, and refuses new ones. */
  close(): void {
    this.#closed = true;
    for (const waiters of [...this.#waiting.values()]) for (const waiter of [...waiters]) waiter.end();
  }

  #notifyAll(): void {
    for (const key of this.#waiting.keys()) this.notify(key);
  }

  #stopPolling(): void {
    clearInterval(this.#poll);
    this.#poll = undefined;
  }
}

class Waiter implements Subscription {
  readonly ended: Promise<undefined>;
  readonly #resolveEnded: (value: undefined) => void;
  readonly #onEnd: () => void;
  readonly #timeout: NodeJS.Timeout;
  #resume: (() => void) | undefined;
  #changed = false;
  #over = false;

  constructor(timeoutMs: number, onEnd: () => void) {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.ended = promise;
    this.#resolveEnded = resolve;
    this.#onEnd = onEnd;
    this.#timeout = setTimeout(() => this.end(), timeoutMs);
  }

  async next(): Promise<boolean> {
    if (!this.#changed && !this.#over) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#resume = resolve;
      await promise;
    }
    this.#changed = false;
    return !this.#over;
  }

  wake(): void {
    this.#changed = true;
    this.#resume?.();
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timeout);
    this.#onEnd();
    this.#resolveEnded(undefined);
    this.#resume?.();
  }
}

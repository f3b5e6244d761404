import { limits } from "#config/limits.ts";
import { batchedLookup } from "#lib/batched-lookup.ts";
import { BoundedMap } from "#lib/bounded-map.ts";
import { chunks } from "#lib/chunks.ts";
import { withTimeout } from "#lib/work-queue/with-timeout.ts";
import { gatewayLimits } from "../domain/limits.ts";

/** Reads the states of at most `STATES_PER_CALL` keys. Keys without a state are absent from the answer. */
export type ReadStates<T> = (keys: readonly string[]) => Promise<ReadonlyMap<string, T>>;

interface Entry<T> {
  /** Undefined when the key has none. */
  state: T | undefined;
  /** When its read began, on the monotonic clock: a change after this moment may be missing. */
  readAt: number;
}

/**
 * What another service knows about many keys, at most `STATE_MAX_AGE_MS` old. Requests for one key share a read, reads of
 * one moment share a call, and one call runs at a time. A state in use is read again in the background before it is too
 * old, so that requests seldom wait and a short outage is not noticed.
 */
export class StateCache<T> {
  readonly #name: string;
  readonly #log: { warn(message: string, facts: object): void };
  readonly #look: (key: string) => Promise<T | undefined>;
  readonly #entries = new BoundedMap<string, Entry<T>>(gatewayLimits.STATE_CACHE_ENTRIES);
  /** The newest read of each key. What a read finds is stored only while it is still here. */
  readonly #reading = new Map<string, Promise<T | undefined>>();
  #pausedUntil = Number.NEGATIVE_INFINITY;

  /** @param name says in errors and in the log what could not be read, such as "The state of sessions" */
  constructor(name: string, log: { warn(message: string, facts: object): void }, read: ReadStates<T>) {
    this.#name = name;
    this.#log = log;
    this.#look = batchedLookup(async (keys) => {
      const states = new Map<string, T>();
      for (const some of chunks(keys, limits.STATES_PER_CALL))
        for (const [key, state] of await read(some)) states.set(key, state);
      return states;
    });
  }

  /** What is known of a key and not too old. It costs one look into a map, because every request of a caller asks. */
  known(key: string): Readonly<Entry<T>> | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    const now = performance.now();
    const age = now - entry.readAt;
    if (age >= gatewayLimits.STATE_MAX_AGE_MS) return undefined;
    // A failure is logged, and the old state still holds.
    if (age >= gatewayLimits.STATE_REREAD_MS && now >= this.#pausedUntil) this.#read(key).catch(() => undefined);
    return entry;
  }

  /**
   * The state of a key; undefined when it has none.
   * @throws Error when it is not known and cannot be read. For `STATE_PAUSE_MS` after that, unknown states fail at once,
   * so that an outage does not delay every request.
   */
  async get(key: string): Promise<T | undefined> {
    const known = this.known(key);
    if (known) return known.state;
    if (performance.now() < this.#pausedUntil) throw new Error(`${this.#name} could not be read a moment ago.`);
    try {
      return await withTimeout(this.#name, gatewayLimits.STATE_READ_MS, () => this.#read(key));
    } catch (error) {
      this.#pause(error);
      throw error;
    }
  }

  /** The state has changed. What was read before, or is being read at this moment, is not used for later requests. */
  drop(key: string): void {
    this.#entries.delete(key);
    this.#reading.delete(key);
  }

  /** Stores a state that cannot change any more. */
  settle(key: string, state: T | undefined): void {
    this.#reading.delete(key);
    this.#entries.set(key, { state, readAt: Number.POSITIVE_INFINITY });
  }

  #read(key: string): Promise<T | undefined> {
    const running = this.#reading.get(key);
    if (running) return running;
    const readAt = performance.now();
    const reading = this.#look(key)
      .then(
        (state) => {
          if (this.#reading.get(key) === reading) this.#entries.set(key, { state, readAt });
          return state;
        },
        (error: unknown) => {
          this.#pause(error);
          throw error;
        },
      )
      .finally(() => {
        if (this.#reading.get(key) === reading) this.#reading.delete(key);
      });
    this.#reading.set(key, reading);
    return reading;
  }

  #pause(error: unknown): void {
    const now = performance.now();
    if (now >= this.#pausedUntil) this.#log.warn(`${this.#name} could not be read.`, { reason: String(error) });
    this.#pausedUntil = now + gatewayLimits.STATE_PAUSE_MS;
  }
}

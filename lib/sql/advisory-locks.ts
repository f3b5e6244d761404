import pg from "pg";
import { limits } from "#config/limits.ts";
import { NOTICE_DEAD_HOSTS, withSessionOptions } from "./connection.ts";
import { lockKey } from "./lock-keys.ts";

const NAME_KEY = lockKey("process", "name");

/** Is called when this process acquires a lock, and when it loses it. */
export interface LockListener {
  onAcquired(): void;
  onLost(): void;
}

/** Named locks that one process of the cluster holds at a time. */
export interface NamedLocks {
  /** Acquires the lock as soon as no other process holds it, and again after each loss, until `release`. */
  request(name: string, listener: LockListener): void;
  holds(name: string): boolean;
  /** Resolves when other processes can acquire the lock, or when this one has requested it again. */
  release(name: string): Promise<void>;
}

interface LockRequest extends LockListener {
  /** Whether `onAcquired` was called and `onLost` was not called since. */
  acquired: boolean;
}

/**
 * Postgres advisory locks, all on one dedicated connection, which the services of a database share. The server frees them
 * as soon as that connection ends. A requested lock is tried again until it is released; a
 * loss is reported at once, and then the lock is tried again. All this happens in rounds, one at a time. Each round
 * compares the locks that are held with those that are requested. It sends a query even when they agree, because
 * otherwise a dead connection would not be noticed.
 */
export class AdvisoryLocks implements NamedLocks {
  readonly #url: string;
  readonly #requests = new Map<string, LockRequest>();
  readonly #held = new Set<string>();
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #nextRound: Promise<void> | undefined;
  #acquiresNoMore = false;

  constructor(url: string) {
    this.#url = url;
  }

  /** The locks whose names begin with `scope`, named without it. */
  within(scope: string): NamedLocks {
    return {
      request: (name, listener) => this.request(scope + name, listener),
      holds: (name) => this.holds(scope + name),
      release: (name) => this.release(scope + name),
    };
  }

  request(name: string, listener: LockListener): void {
    if (this.#requests.has(name)) return;
    this.#requests.set(name, {
      acquired: false,
      onAcquired: () => listener.onAcquired(),
      onLost: () => listener.onLost(),
    });
    this.#timer ??= setInterval(() => void this.#runRound(), limits.REBALANCE_MS);
    void this.#runRound();
  }

  holds(name: string): boolean {
    return this.#requests.get(name)?.acquired ?? false;
  }

  async release(name: string): Promise<void> {
    this.#requests.delete(name);
    // The current round may acquire the lock at this moment, so wait for at least one round that begins after this call.
    if (this.#client || this.#round) await this.#runRound();
    while (this.#held.has(name) && !this.#requests.has(name)) await this.#runRound();
  }

  /** Acquires no more locks; those that are held stay held until `close`. */
  async stopAcquiring(): Promise<void> {
    this.#acquiresNoMore = true;
    clearInterval(this.#timer);
    await this.#round;
  }

  /** Releases every lock and closes the connection. */
  async close(): Promise<void> {
    await this.stopAcquiring();
    await this.#nextRound;
    this.#requests.clear();
    this.#held.clear();
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined); // the server frees the locks with the connection, even if this fails
  }

  /** @returns when a round that began after this call has ended */
  #runRound(): Promise<void> {
    if (!this.#round) return this.#beginRound();
    this.#nextRound ??= this.#round.then(() => {
      this.#nextRound = undefined;
      return this.#round ?? this.#beginRound();
    });
    return this.#nextRound;
  }

  #beginRound(): Promise<void> {
    this.#round = this.#releaseAndAcquire().finally(() => {
      this.#round = undefined;
    });
    return this.#round;
  }

  async #releaseAndAcquire(): Promise<void> {
    if (this.#requests.size === 0 && this.#held.size === 0) return;
    try {
      const client = this.#client ?? (await this.#connect());
      const notRequested = [...this.#held].filter((name) => !this.#requests.has(name));
      if (notRequested.length > 0) {
        await client.query(`SELECT pg_advisory_unlock(${NAME_KEY}) FROM unnest($1::text[]) AS name`, [notRequested]);
        for (const name of notRequested) this.#held.delete(name);
      }
      const missing = this.#acquiresNoMore ? [] : [...this.#requests.keys()].filter((name) => !this.#held.has(name));
      const { rows } = await client.query<{ name: string; held: boolean }>(
        `SELECT name, pg_try_advisory_lock(${NAME_KEY}) AS held FROM unnest($1::text[]) AS name`,
        [missing],
      );
      if (client !== this.#client) return; // the connection was lost in the meantime, and its locks with it
      for (const { name } of rows.filter(({ held }) => held)) this.#held.add(name);
    } catch {
      this.#drop(); // the next round connects again
    }
    for (const [name, request] of this.#requests) {
      if (request.acquired || !this.#held.has(name)) continue;
      request.acquired = true;
      request.onAcquired();
    }
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: withSessionOptions(this.#url, NOTICE_DEAD_HOSTS),
      connectionTimeoutMillis: limits.CONNECT_TIMEOUT_MS,
      query_timeout: limits.CONNECT_TIMEOUT_MS,
      keepAlive: true,
      application_name: "locks",
    });
    client.on("error", () => this.#drop(client));
    client.on("end", () => this.#drop(client));
    await client.connect();
    this.#client = client;
    return client;
  }

  #drop(client: pg.Client | undefined = this.#client): void {
    if (client !== this.#client || !client) return;
    this.#client = undefined;
    void client.end().catch(() => undefined);
    this.#held.clear();
    for (const request of this.#requests.values()) {
      if (!request.acquired) continue;
      request.acquired = false;
      request.onLost();
    }
  }
}

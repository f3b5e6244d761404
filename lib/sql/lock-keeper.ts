import pg from "pg";
import { limits } from "#config/limits.ts";
import { NOTICE_DEAD_HOSTS } from "./connection.ts";

/** What the holder of a name does when it gets it, and when it loses it. */
export interface LockEvents {
  onAcquired(): void;
  onLost(): void;
}

interface Wanted extends LockEvents {
  told: boolean;
}

/**
 * Names that one process in the cluster holds at a time: Postgres advisory locks, all on one connection of their own,
 * so that they are free the moment that connection dies. A wanted name is pursued until released; a loss is reported
 * at once, and the pursuit begins again. Everything happens in rounds, one at a time; each compares what is held with
 * what is wanted, and asks the server something even when they agree, because a dead connection says nothing either.
 */
export class AdvisoryLocks {
  readonly #url: string;
  readonly #wanted = new Map<string, Wanted>();
  readonly #held = new Set<string>();
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #nextRound: Promise<void> | undefined;
  #frozen = false;

  constructor(url: string) {
    this.#url = url;
  }

  want(name: string, events: LockEvents): void {
    if (this.#wanted.has(name)) return;
    this.#wanted.set(name, { ...events, told: false });
    this.#timer ??= setInterval(() => void this.#pursue(), limits.REBALANCE_MS);
    void this.#pursue();
  }

  holds(name: string): boolean {
    return this.#wanted.get(name)?.told ?? false;
  }

  /** Resolves when the name is free for others, or wanted here again. */
  async release(name: string): Promise<void> {
    this.#wanted.delete(name);
    // A round under way may be just taking it, so at least one begins after this.
    if (this.#client || this.#round) await this.#pursue();
    while (this.#held.has(name) && !this.#wanted.has(name)) await this.#pursue();
  }

  /** Takes no more; what is held stays held until `close`. */
  async freeze(): Promise<void> {
    this.#frozen = true;
    clearInterval(this.#timer);
    await this.#round;
  }

  /** Frees everything. */
  async close(): Promise<void> {
    await this.freeze();
    await this.#nextRound;
    this.#wanted.clear();
    this.#held.clear();
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined); // the locks go with the connection, however that ends
  }

  /** @returns when a round that began after this call has ended */
  #pursue(): Promise<void> {
    if (!this.#round) return this.#begin();
    this.#nextRound ??= this.#round.then(() => {
      this.#nextRound = undefined;
      return this.#round ?? this.#begin();
    });
    return this.#nextRound;
  }

  #begin(): Promise<void> {
    this.#round = this.#try().finally(() => {
      this.#round = undefined;
    });
    return this.#round;
  }

  async #try(): Promise<void> {
    if (this.#wanted.size === 0 && this.#held.size === 0) return;
    try {
      const client = this.#client ?? (await this.#connect());
      const unwanted = [...this.#held].filter((name) => !this.#wanted.has(name));
      if (unwanted.length > 0) {
        await client.query("SELECT pg_advisory_unlock(hashtextextended(name, 0)) FROM unnest($1::text[]) AS name", [
          unwanted,
        ]);
        for (const name of unwanted) this.#held.delete(name);
      }
      const missing = this.#frozen ? [] : [...this.#wanted.keys()].filter((name) => !this.#held.has(name));
      const { rows } = await client.query<{ name: string; held: boolean }>(
        "SELECT name, pg_try_advisory_lock(hashtextextended(name, 0)) AS held FROM unnest($1::text[]) AS name",
        [missing],
      );
      if (client !== this.#client) return; // lost meanwhile
      for (const { name } of rows.filter(({ held }) => held)) this.#held.add(name);
    } catch {
      this.#drop(); // no database, no lock: the next round connects again
    }
    for (const [name, wanted] of this.#wanted) {
      if (wanted.told || !this.#held.has(name)) continue;
      wanted.told = true;
      wanted.onAcquired();
    }
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.#url,
      connectionTimeoutMillis: limits.CONNECT_TIMEOUT_MS,
      query_timeout: limits.CONNECT_TIMEOUT_MS,
      keepAlive: true,
      application_name: "locks",
      options: NOTICE_DEAD_HOSTS,
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
    for (const wanted of this.#wanted.values()) {
      if (!wanted.told) continue;
      wanted.told = false;
      wanted.onLost();
    }
  }
}

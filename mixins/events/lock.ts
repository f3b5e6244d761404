import pg from "pg";
import { limits } from "../../config/limits.ts";

/** What the holder of a name does when it gets it, and when it loses it. */
export interface LockEvents {
  onAcquired(): void;
  onLost(): void;
}

interface Wanted extends LockEvents {
  held: boolean;
}

/**
 * Names that one process in the cluster holds at a time: Postgres advisory locks, all on one connection of their own,
 * so that they are free the moment that connection dies. A wanted name is pursued until released; a loss is reported
 * at once, and the pursuit begins again.
 */
export class LockKeeper {
  readonly #url: string;
  readonly #wanted = new Map<string, Wanted>();
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  want(name: string, events: LockEvents): void {
    if (this.#wanted.has(name)) return;
    this.#wanted.set(name, { ...events, held: false });
    this.#timer ??= setInterval(() => void this.#pursue(), limits.REBALANCE_MS);
    void this.#pursue();
  }

  holds(name: string): boolean {
    return this.#wanted.get(name)?.held ?? false;
  }

  async release(name: string): Promise<void> {
    await this.#round;
    const wanted = this.#wanted.get(name);
    this.#wanted.delete(name);
    if (!wanted?.held) return;
    await this.#client?.query("SELECT pg_advisory_unlock(hashtextextended($1, 0))", [name]).catch(() => this.#drop());
  }

  /** Frees everything. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#round;
    this.#wanted.clear();
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined); // the locks go with the connection, however that ends
  }

  #pursue(): Promise<void> {
    this.#round ??= this.#try().finally(() => {
      this.#round = undefined;
    });
    return this.#round;
  }

  async #try(): Promise<void> {
    const missing = [...this.#wanted].filter(([, { held }]) => !held).map(([name]) => name);
    if (missing.length === 0) return;
    try {
      const client = this.#client ?? (await this.#connect());
      const { rows } = await client.query<{ name: string; held: boolean }>(
        "SELECT name, pg_try_advisory_lock(hashtextextended(name, 0)) AS held FROM unnest($1::text[]) AS name",
        [missing],
      );
      for (const { name } of rows.filter(({ held }) => held)) this.#acquired(name);
    } catch {
      this.#drop(); // no database, no lock: the next round connects again
    }
  }

  #acquired(name: string): void {
    const wanted = this.#wanted.get(name);
    if (!wanted) return;
    wanted.held = true;
    wanted.onAcquired();
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.#url,
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
    for (const wanted of this.#wanted.values()) {
      if (!wanted.held) continue;
      wanted.held = false;
      wanted.onLost();
    }
  }
}

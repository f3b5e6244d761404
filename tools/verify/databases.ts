import pg from "pg";
import { limits } from "#config/limits.ts";
import { databaseUrl } from "#lib/sql/connection.ts";
import { sqlState } from "#lib/sql/sql-state.ts";
import { booksUrl } from "#services/commerce/payments/providers/test-provider-books.ts";

const STATEMENT_TIMEOUT_MS = 120_000; // sums over a month of a busy shop; a lock is waited for no longer than LOCK_TIMEOUT_MS
const PAGE_ROWS = 500;
const NO_DATABASE = "3D000";

/** Where the databases of a shop are. */
export interface DatabaseLocations {
  /** Server on which each service has its database. */
  server: string;
  namespace: string;
  /** Services whose database is elsewhere. */
  databaseUrls?: Readonly<Record<string, string>>;
}

/** One service's database, for reading only. */
export class ReadOnlyDatabase {
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  static async open(url: string): Promise<ReadOnlyDatabase> {
    const client = new pg.Client({
      connectionString: url,
      application_name: "verify",
      options: "-c default_transaction_read_only=on",
      statement_timeout: STATEMENT_TIMEOUT_MS,
      query_timeout: STATEMENT_TIMEOUT_MS + limits.LOCK_TIMEOUT_MS, // a server that is gone says nothing
      lock_timeout: limits.LOCK_TIMEOUT_MS,
      connectionTimeoutMillis: limits.CONNECT_TIMEOUT_MS,
    });
    client.on("error", () => {}); // the statement under way, or the next, says so
    await client.connect();
    return new ReadOnlyDatabase(client);
  }

  /** Each statement is a read-only transaction of its own, and so sees one moment. */
  async query<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.#client.query(text, [...values])).rows as Row[];
  }

  /** The keys of a table, page by page. @param text one ordered column `key`, from above `$1`, at most `$2` of them */
  async *keys(text: string, pageRows = PAGE_ROWS): AsyncGenerator<string[]> {
    for (let after = ""; ; ) {
      const rows = await this.query<{ key: string }>(text, [after, pageRows]);
      const last = rows.at(-1);
      if (!last) return;
      yield rows.map(({ key }) => key);
      after = last.key;
    }
  }

  async close(): Promise<void> {
    await this.#client.end();
  }
}

/** The databases of a shop. */
export class ServiceDatabases {
  readonly #urls: ReadonlyMap<string, string>;
  readonly #open = new Map<string, Promise<ReadOnlyDatabase>>();
  #books: Promise<ReadOnlyDatabase | undefined> | undefined;

  private constructor(urls: ReadonlyMap<string, string>) {
    this.#urls = urls;
  }

  /** @throws Error when the server cannot be reached, or has no database of this namespace */
  static async find({ server, namespace, databaseUrls = {} }: DatabaseLocations): Promise<ServiceDatabases> {
    const prefix = `${namespace.replaceAll("-", "_")}_`;
    const catalogue = await ReadOnlyDatabase.open(server);
    try {
      const rows = await catalogue.query<{ service: string }>(
        "SELECT substr(datname, length($1) + 1) AS service FROM pg_database WHERE starts_with(datname, $1) ORDER BY 1",
        [prefix],
      );
      // No service has an underscore in its name; a namespace that begins like this one has.
      const here = rows.map(({ service }) => service).filter((service) => !service.includes("_"));
      const urls = new Map(here.map((service) => [service, databaseUrl(server, `${prefix}${service}`)]));
      for (const [service, url] of Object.entries(databaseUrls)) urls.set(service, url);
      if (urls.size === 0) throw new Error(`The server has no database of the namespace ${namespace}.`);
      return new ServiceDatabases(urls);
    } finally {
      await catalogue.close();
    }
  }

  /** Services that have a database. */
  get services(): string[] {
    return [...this.#urls.keys()];
  }

  has(service: string): boolean {
    return this.#urls.has(service);
  }

  /** @throws Error when there is no such database, or it cannot be reached */
  of(service: string): Promise<ReadOnlyDatabase> {
    const url = this.#urls.get(service);
    if (url === undefined) return Promise.reject(new Error(`There is no database of ${service}.`));
    const open = this.#open.get(service) ?? ReadOnlyDatabase.open(url);
    this.#open.set(service, open);
    return open;
  }

  /** The books of the test provider; undefined when it has none, because no payment ever went to it. */
  books(): Promise<ReadOnlyDatabase | undefined> {
    this.#books ??= ReadOnlyDatabase.open(booksUrl(this.#urls.get("payments") ?? "")).catch((error: unknown) => {
      if (sqlState(error) === NO_DATABASE) return undefined;
      throw error;
    });
    return this.#books;
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled([...this.#open.values(), this.#books]);
    await Promise.all(
      opened.map((database) => (database.status === "fulfilled" ? database.value?.close() : undefined)),
    );
  }
}

import pg from "pg";
import { limits } from "#config/limits.ts";
import { type DatabaseLayout, type DataPlace, placeOf, sessionUrl } from "#lib/sql/data-place.ts";
import { decideLayout, existingData } from "#lib/sql/existing-data.ts";
import { sqlState } from "#lib/sql/sql-state.ts";
import { booksPlace } from "#services/commerce/payments/providers/test-provider-books.ts";

const STATEMENT_TIMEOUT_MS = 120_000; // sums over a month of a busy shop; a lock is waited for no longer than LOCK_TIMEOUT_MS
const PAGE_ROWS = 500;
const NO_DATABASE = "3D000";

/** Where the data of a shop are. */
export interface DatabaseLocations {
  /** Server on which services have their data. */
  server: string;
  namespace: string;
  /** Absent: as the server has it. */
  layout?: DatabaseLayout | undefined;
  /** Services whose data are elsewhere. */
  databaseUrls?: Readonly<Record<string, string>>;
}

/** The data of one service, for reading only. */
export class ReadOnlyDatabase {
  readonly #client: pg.Client;

  private constructor(client: pg.Client) {
    this.#client = client;
  }

  static async open({ database, schema }: DataPlace): Promise<ReadOnlyDatabase> {
    const place = schema === undefined ? { database } : { database, schema };
    const client = new pg.Client({
      connectionString: sessionUrl(place, "-c default_transaction_read_only=on"),
      application_name: "verify",
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

/** The data of the services of a shop. */
export class ServiceDatabases {
  readonly #places: ReadonlyMap<string, DataPlace>;
  readonly #open = new Map<string, Promise<ReadOnlyDatabase>>();
  #books: Promise<ReadOnlyDatabase | undefined> | undefined;

  private constructor(places: ReadonlyMap<string, DataPlace>) {
    this.#places = places;
  }

  /** @throws Error when the server cannot be reached, or has no data of this namespace */
  static async find({ layout: wanted, ...locations }: DatabaseLocations): Promise<ServiceDatabases> {
    const { server, namespace, databaseUrls = {} } = locations;
    const existing = await existingData(server, namespace);
    const layout = decideLayout(wanted, existing);
    const services = new Set([...existing[layout], ...Object.keys(databaseUrls)]);
    if (services.size === 0) throw new Error(`The server has no data of the namespace ${namespace}.`);
    return new ServiceDatabases(
      new Map([...services].map((service) => [service, placeOf(service, { ...locations, layout })])),
    );
  }

  /** Services that have data. */
  get services(): string[] {
    return [...this.#places.keys()];
  }

  has(service: string): boolean {
    return this.#places.has(service);
  }

  /** @throws Error when there are none, or they cannot be reached */
  of(service: string): Promise<ReadOnlyDatabase> {
    const place = this.#places.get(service);
    if (place === undefined) return Promise.reject(new Error(`There are no data of ${service}.`));
    const open = this.#open.get(service) ?? ReadOnlyDatabase.open(place);
    this.#open.set(service, open);
    return open;
  }

  /** The books of the test provider; undefined when it has none, because no payment ever went to it. */
  books(): Promise<ReadOnlyDatabase | undefined> {
    this.#books ??= this.#openBooks();
    return this.#books;
  }

  async #openBooks(): Promise<ReadOnlyDatabase | undefined> {
    const payments = this.#places.get("payments");
    if (payments === undefined) return undefined;
    try {
      return await ReadOnlyDatabase.open(booksPlace(payments));
    } catch (error) {
      if (sqlState(error) === NO_DATABASE) return undefined;
      throw error;
    }
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled([...this.#open.values(), this.#books]);
    await Promise.all(
      opened.map((database) => (database.status === "fulfilled" ? database.value?.close() : undefined)),
    );
  }
}

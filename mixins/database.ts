import type { ServiceBroker, ServiceSchema } from "moleculer";
import DbService from "moleculer-db";
import SequelizeAdapter from "moleculer-db-adapter-sequelize";
import type { Client } from "pg";
import pg from "pg";
import type { ModelAttributes, ModelOptions, Sequelize, WhereOptions } from "sequelize";
import { limits } from "../config/limits.ts";
import { isOutage, sqlState } from "./errors.ts";
import type { Cause } from "./events/outbox.ts";
import { failPoints, type Scope } from "./fail-points.ts";
import { migrate } from "./migrations.ts";
import { nodeOf } from "./node.ts";
import { Slots } from "./slots.ts";
import { type Queryable, run, Transaction } from "./transaction.ts";

// Minor units and sequences are bigint in Postgres and stay below 2^53 here; money.ts refuses larger amounts.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/** A table as moleculer-db lists it. */
export interface TableModel {
  name: string;
  define: ModelAttributes;
  options: ModelOptions;
}

export interface DatabaseOptions {
  /** Folder of `NNN-name.sql` files, run in order, once each. */
  migrations: string;
  /** The table behind `db.page`. Its columns are what lists may filter and sort by. */
  model: TableModel;
}

const TRANSACTION_TRIES = 4;
const RETRIED_STATES = new Set(["40001", "40P01"]); // serialisation failure, deadlock: the loser tries again

/** One service's database. */
export class Database implements Queryable {
  readonly sequelize: Sequelize;
  readonly url: string;
  readonly #slots = new Slots(limits.POOL_TRANSACTIONS, limits.TRANSACTION_TURN_MS);
  readonly #producer: string;
  readonly #nudge: () => void;
  readonly #list: (query: object) => Promise<object[]>;
  readonly #count: (query: object) => Promise<number>;

  constructor(parts: {
    sequelize: Sequelize;
    url: string;
    producer: string;
    nudge: () => void;
    list: (query: object) => Promise<object[]>;
    count: (query: object) => Promise<number>;
  }) {
    this.sequelize = parts.sequelize;
    this.url = parts.url;
    this.#producer = parts.producer;
    this.#nudge = parts.nudge;
    this.#list = parts.list;
    this.#count = parts.count;
  }

  async query<Row extends object = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]> {
    const client = await this.#acquire();
    try {
      return await run<Row>(client, text, values);
    } finally {
      this.sequelize.connectionManager.releaseConnection(client);
    }
  }

  /**
   * Runs work in one transaction. It may run again after a deadlock, so everything it does goes through `tx`. At most
   * `POOL_TRANSACTIONS` run at once: those that wait for a locked row leave connections to everybody else.
   * @param scope names the work for fail points
   * @throws whatever the work throws, after a rollback
   */
  transaction<T>(cause: Cause, work: (tx: Transaction) => Promise<T>, scope?: Scope): Promise<T> {
    const began = performance.now();
    return this.#slots.run(() => {
      // Postgres waits twice for a row: for its turn among those who wait, and for its holder.
      const lockTimeoutMs = Math.ceil((limits.TRANSACTION_WAIT_MS - (performance.now() - began)) / 2);
      if (lockTimeoutMs >= limits.LOCK_TIMEOUT_MS) return this.#retried(cause, work, scope);
      return this.consume(cause, Math.max(1, lockTimeoutMs), work, scope);
    });
  }

  /** A transaction with less patience for locked rows; of the consumer group, which applies one batch at a time. */
  consume<T>(cause: Cause, lockTimeoutMs: number, work: (tx: Transaction) => Promise<T>, scope?: Scope): Promise<T> {
    const bounded = (tx: Transaction) => {
      tx.write("SELECT set_config('lock_timeout', $1, true)", [`${lockTimeoutMs}ms`]);
      return work(tx);
    };
    return this.#retried(cause, bounded, scope);
  }

  async #retried<T>(cause: Cause, work: (tx: Transaction) => Promise<T>, scope?: Scope): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(cause, work, scope);
      } catch (error) {
        if (attempt >= TRANSACTION_TRIES || !RETRIED_STATES.has(sqlState(error) ?? "")) throw error;
      }
    }
  }

  async #attempt<T>(cause: Cause, work: (tx: Transaction) => Promise<T>, scope: Scope | undefined): Promise<T> {
    const client = await this.#acquire();
    const tx = new Transaction(client, cause);
    let published: boolean;
    let result: T;
    try {
      tx.write("BEGIN");
      result = await work(tx);
      if (failPoints && scope) await failPoints.reach("before-commit", scope);
      published = await tx.commit(this.#producer);
    } catch (error) {
      // A connection that cannot even roll back is not given to anybody else.
      await client.query("ROLLBACK").catch(() => Object.assign(client, { _invalid: true }));
      throw (await tx.fault()) ?? error;
    } finally {
      this.sequelize.connectionManager.releaseConnection(client);
    }
    if (failPoints && scope) await failPoints.reach("after-commit", scope);
    if (published) this.#nudge();
    tx.committed();
    return result;
  }

  /** One page of the service's table through moleculer-db's own paging; `sort` such as `-createdAt`. */
  async page<Row extends object>(query: {
    page?: number | undefined;
    limit?: number | undefined;
    sort?: string | undefined;
    where?: WhereOptions;
  }): Promise<{ rows: Row[]; pagination: { page: number; limit: number; total: number } }> {
    const { page = 1, limit = 20, sort, where = {} } = query;
    const [rows, total] = await Promise.all([
      this.#list({ limit, offset: (page - 1) * limit, query: where, ...(sort ? { sort } : {}) }),
      this.#count({ query: where }),
    ]);
    return { rows: rows as Row[], pagination: { page, limit, total } };
  }

  async #acquire(): Promise<Client> {
    const client = (await this.sequelize.connectionManager.getConnection({ type: "write" })) as Client;
    // Statements go out as they are made, without waiting for the answers of those before them.
    return Object.assign(client, { pipeline: true });
  }
}

/** What the database mixin leaves on a service. */
export interface HasDatabase {
  db: Database;
}

/** Address parts of a Postgres URL, a Unix socket in `?host=` included. */
export function connectionParts(url: string): {
  host: string;
  port: number;
  username: string;
  password: string;
  database: string;
} {
  const parsed = new URL(url);
  return {
    host: parsed.searchParams.get("host") ?? (decodeURIComponent(parsed.hostname) || "127.0.0.1"),
    port: Number(parsed.searchParams.get("port") ?? (parsed.port || 5432)),
    username: decodeURIComponent(parsed.username) || "postgres",
    password: decodeURIComponent(parsed.password),
    database: decodeURIComponent(parsed.pathname.slice(1)) || "postgres",
  };
}

/** The URL of one service's database on a server. */
export function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.href;
}

/**
 * A host that lost its power says nothing. Postgres must notice by itself, or what its connections hold stays theirs for
 * hours: 11 seconds without a sign of life, whether it waits for one or has said something that nobody confirms.
 */
export const NOTICE_DEAD_HOSTS =
  "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 -c tcp_user_timeout=11000";

// Services find their rows by key. But plans are kept, and one made while a table was a page long reads it from end to
// end; in a rush it would do so until the next ANALYZE, a minute and 100,000 orders later. Where no index helps,
// Postgres still scans.
const SETTINGS = `-c enable_seqscan=off -c plan_cache_mode=force_generic_plan ${NOTICE_DEAD_HOSTS}`;

/**
 * Sequelize listens for a connection's errors only once it is connected. A server that ends the connection in the same
 * breath, at a restart for instance, would end this process with it.
 */
class HeardClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on("error", () => {}); // whoever uses the connection hears of it from their statement
  }
}

function newAdapter(url: string, name: string) {
  const { host, port, username, password, database } = connectionParts(url);
  return new SequelizeAdapter({
    noSync: true, // the schema belongs to the migrations
    dialect: "postgres",
    dialectModule: { ...pg, Client: HeardClient },
    host,
    port,
    username,
    password,
    database,
    logging: false,
    pool: { max: limits.POOL_CONNECTIONS, min: 1, acquire: limits.POOL_ACQUIRE_MS, idle: 60_000 },
    dialectOptions: {
      application_name: name,
      statement_timeout: limits.STATEMENT_TIMEOUT_MS,
      query_timeout: limits.QUERY_TIMEOUT_MS, // destroys the connection: what is lost on the way sends no reset
      lock_timeout: limits.LOCK_TIMEOUT_MS,
      idle_in_transaction_session_timeout: limits.IDLE_TRANSACTION_MS,
      connectionTimeoutMillis: limits.CONNECT_TIMEOUT_MS,
      keepAlive: true,
      options: SETTINGS,
    },
  });
}

/** A service of moleculer-db while it connects. */
interface Connecting extends HasDatabase {
  broker: ServiceBroker;
  adapter: unknown;
}

/**
 * Gives a service its own Postgres database: made if missing, migrated under a lock, reached through `this.db`.
 * Built on moleculer-db; none of its CRUD actions is offered to anybody.
 */
export function database(service: string, options: DatabaseOptions): ServiceSchema {
  const schema = {
    mixins: [DbService as unknown as ServiceSchema],
    // moleculer clones schemas deeply, so the real adapter is made in `connect`.
    adapter: { init() {} },
    model: options.model,
    settings: { idField: "id", maxPageSize: limits.PAGE_SIZE },
    actions: {
      find: false,
      count: false,
      list: false,
      create: false,
      insert: false,
      get: false,
      update: false,
      remove: false,
    },
    methods: {
      async connect(this: Connecting) {
        const node = nodeOf(this.broker);
        const url =
          node.env.databaseUrls[service] ??
          databaseUrl(node.databaseServer(), `${node.env.NAMESPACE.replaceAll("-", "_")}_${service}`);
        try {
          await migrate(url, options.migrations);
        } catch (error) {
          if (isOutage(error)) throw error; // moleculer-db tries again
          this.broker.fatal(
            `The database of ${service} cannot be prepared: ${(error as Error).message}`,
            error as Error,
            true,
          );
        }
        const adapter = newAdapter(url, `${service}@${this.broker.nodeID}`);
        adapter.init(this.broker, this as never);
        await adapter.connect();
        this.adapter = adapter;
        this.db = new Database({
          sequelize: (adapter as unknown as { db: Sequelize }).db,
          url,
          producer: `${service}@${this.broker.nodeID}`,
          nudge: () => node.nudge(service),
          list: (query) => adapter.find(query) as Promise<object[]>,
          count: (query) => adapter.count(query) as Promise<number>,
        });
      },
    },
  };
  return schema as unknown as ServiceSchema;
}

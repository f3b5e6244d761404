import type { ServiceBroker, ServiceSchema } from "moleculer";
import DbService from "moleculer-db";
import SequelizeAdapter from "moleculer-db-adapter-sequelize";
import pg from "pg";
import { DataTypes, type ModelAttributes, type ModelOptions, type Sequelize } from "sequelize";
import { limits } from "#config/limits.ts";
import { isOutage } from "#lib/contract/outage.ts";
import type { OutboxRow } from "#lib/events/outbox/outbox-port.ts";
import { outboxWriter } from "#lib/events/outbox/outbox-writer.ts";
import { clientFor, KEEP_PLANS, NOTICE_DEAD_HOSTS, SESSION_DEFAULTS } from "#lib/sql/connection.ts";
import type { BudgetShare } from "#lib/sql/connection-budget.ts";
import { type DataPlace, sessionUrl } from "#lib/sql/data-place.ts";
import { Database } from "#lib/sql/database.ts";
import { exitWith, StartupError } from "#lib/startup-error.ts";
import { nodeOf } from "./node.ts";

/** A table for moleculer-db, as Sequelize defines it. */
export interface TableModel {
  name: string;
  define: ModelAttributes;
  options: ModelOptions;
}

export interface DatabaseOptions {
  /** Folder of `NNN-name.sql` files, which run once each, in order. */
  migrations: string;
  /** The table that `db.page` reads. Lists may be filtered and sorted by its columns. */
  model?: TableModel;
  /**
   * `true` plans each prepared statement once for each connection, for any values. For services whose statements look
   * rows up by an index: planning would cost more than the statement. A statement whose best plan depends on the values,
   * such as a report, becomes slower.
   */
  keepPlans?: boolean;
}

const OLDEST_POSTGRES = "14.0.0";

/** For services without a model, because moleculer-db needs one: a table that every database has. */
const MIGRATION_MODEL: TableModel = {
  name: "migration",
  define: { name: { type: DataTypes.TEXT, primaryKey: true } },
  options: { timestamps: false, freezeTableName: true },
};

/** What the database mixin adds to a service. */
export interface HasDatabase {
  db: Database;
}

/** What the mixin uses of Sequelize's pool. */
interface SequelizePool {
  readonly available: number;
  readonly waiting: number;
  acquire(): Promise<object>;
  destroy(connection: object): Promise<void>;
}

function newAdapter(place: DataPlace, name: string, keepPlans: boolean, share: BudgetShare) {
  const options = [SESSION_DEFAULTS, NOTICE_DEAD_HOSTS, ...(keepPlans ? [KEEP_PLANS] : [])].join(" ");
  return new SequelizeAdapter({
    noSync: true, // the schema belongs to the migrations
    dialect: "postgres",
    dialectModule: { ...pg, Client: clientFor(sessionUrl(place, options), share) },
    databaseVersion: OLDEST_POSTGRES, // otherwise it is asked for over one more connection
    keepDefaultTimezone: true,
    logging: false,
    pool: { max: limits.POOL_CONNECTIONS, min: 1, acquire: limits.POOL_ACQUIRE_MS, idle: 60_000 },
    dialectOptions: {
      application_name: name,
      clientMinMessages: "ignore", // it is among the options of the session
      statement_timeout: limits.STATEMENT_TIMEOUT_MS,
      query_timeout: limits.QUERY_TIMEOUT_MS, // ends a connection whose packets are lost, which no server reports
      lock_timeout: limits.LOCK_TIMEOUT_MS,
      idle_in_transaction_session_timeout: limits.IDLE_TRANSACTION_MS,
      connectionTimeoutMillis: limits.CONNECT_TIMEOUT_MS,
      keepAlive: true,
    },
  });
}

/** Begins to close a connection of a pool that nobody uses. @returns whether there was one */
function closeIdle(pool: SequelizePool | undefined): boolean {
  if (!pool || pool.available === 0 || pool.waiting > 0) return false;
  pool.acquire().then(
    (connection) => pool.destroy(connection),
    () => undefined, // it had ended by itself
  );
  return true;
}

/** A service of moleculer-db while it connects. */
interface Connecting extends HasDatabase {
  broker: ServiceBroker;
  adapter: unknown;
}

/**
 * Gives a service its own Postgres schema or database as `this.db`. At the start it is made if it is missing, and
 * migrated. Built on moleculer-db, without any of its CRUD actions.
 */
export function database(service: string, options: DatabaseOptions): ServiceSchema {
  const schema = {
    mixins: [DbService as unknown as ServiceSchema],
    // The adapter is made in `connect`, because Moleculer makes deep copies of schemas.
    adapter: { init() {} },
    model: options.model ?? MIGRATION_MODEL,
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
        let place = node.placeOf(service);
        try {
          place = await node.migrator.migrate(place, options.migrations);
        } catch (error) {
          if (isOutage(error)) throw error; // moleculer-db tries again
          const { message } = error as Error;
          exitWith(new StartupError(`The database of ${service} cannot be prepared: ${message}`));
        }
        let sequelize: Sequelize | undefined;
        const pool = () => (sequelize?.connectionManager as unknown as { pool: SequelizePool } | undefined)?.pool;
        const budget = node.budgetOf(place);
        const share = budget.join({ closeIdle: () => closeIdle(pool()) });
        const name = `${service}@${this.broker.nodeID}`;
        const adapter = newAdapter(place, name, options.keepPlans ?? false, share);
        adapter.init(this.broker, this as never);
        await adapter.connect();
        sequelize = (adapter as unknown as { db: Sequelize }).db;
        this.adapter = adapter;
        this.db = new Database({
          sequelize,
          place,
          outbox: outboxWriter(name),
          nudge: (committed) => node.nudge(service, committed as readonly OutboxRow[]),
          released: () => budget.released(share),
          list: (query) => adapter.find(query) as Promise<object[]>,
          count: (query) => adapter.count(query) as Promise<number>,
        });
      },
    },
  };
  return schema as unknown as ServiceSchema;
}

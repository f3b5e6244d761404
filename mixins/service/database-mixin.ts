import type { ServiceBroker, ServiceSchema } from "moleculer";
import DbService from "moleculer-db";
import SequelizeAdapter from "moleculer-db-adapter-sequelize";
import pg from "pg";
import { DataTypes, type ModelAttributes, type ModelOptions, type Sequelize } from "sequelize";
import { limits } from "#config/limits.ts";
import { isOutage } from "#lib/contract/outage.ts";
import { outboxWriter } from "#lib/events/outbox/outbox-writer.ts";
import { connectionParts, databaseUrl, HeardClient, SETTINGS } from "#lib/sql/connection.ts";
import { Database } from "#lib/sql/database.ts";
import { migrate } from "#lib/sql/migrations.ts";
import { exitWith, StartupError } from "#lib/startup-error.ts";
import { nodeOf } from "./node.ts";

/** A table as moleculer-db lists it. */
export interface TableModel {
  name: string;
  define: ModelAttributes;
  options: ModelOptions;
}

export interface DatabaseOptions {
  /** Folder of `NNN-name.sql` files, run in order, once each. */
  migrations: string;
  /** The table behind `db.page`, where the service has one. Its columns are what lists may filter and sort by. */
  model?: TableModel;
}

/** moleculer-db wants a model; without one of the service's own it gets the table that every database has. */
const MIGRATION_MODEL: TableModel = {
  name: "migration",
  define: { name: { type: DataTypes.TEXT, primaryKey: true } },
  options: { timestamps: false, freezeTableName: true },
};

/** What the database mixin leaves on a service. */
export interface HasDatabase {
  db: Database;
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
        const url =
          node.env.databaseUrls[service] ??
          databaseUrl(node.databaseServer(), `${node.env.NAMESPACE.replaceAll("-", "_")}_${service}`);
        try {
          await migrate(url, options.migrations);
        } catch (error) {
          if (isOutage(error)) throw error; // moleculer-db tries again
          const { message } = error as Error;
          exitWith(new StartupError(`The database of ${service} cannot be prepared: ${message}`));
        }
        const adapter = newAdapter(url, `${service}@${this.broker.nodeID}`);
        adapter.init(this.broker, this as never);
        await adapter.connect();
        this.adapter = adapter;
        this.db = new Database({
          sequelize: (adapter as unknown as { db: Sequelize }).db,
          url,
          outbox: outboxWriter(`${service}@${this.broker.nodeID}`),
          nudge: () => node.nudge(service),
          list: (query) => adapter.find(query) as Promise<object[]>,
          count: (query) => adapter.count(query) as Promise<number>,
        });
      },
    },
  };
  return schema as unknown as ServiceSchema;
}

import type { ServiceBroker, ServiceSchema } from "moleculer";
import DbService from "moleculer-db";
import SequelizeAdapter from "moleculer-db-adapter-sequelize";
import pg from "pg";
import { DataTypes, type ModelAttributes, type ModelOptions, type Sequelize } from "sequelize";
import { limits } from "#config/limits.ts";
import { isOutage } from "#lib/contract/outage.ts";

import type { OutboxRow } from "#lib/events/outbox/outbox-port.ts";
import { outboxWriter } from "#lib/events/outbox/outbox-writer.ts";
import { clientFor, databaseUrl, KEEP_PLANS, NOTICE_DEAD_HOSTS, withSessionOptions } from "#lib/sql/connection.ts";

import { Database } from "#lib/sql/database.ts";
import { migrate } from "#lib/sql/migrations.ts";
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

function newAdapter(url: string, name: string, keepPlans: boolean) {
  const options = keepPlans ? `${KEEP_PLANS} ${NOTICE_DEAD_HOSTS}` : NOTICE_DEAD_HOSTS;
  return new SequelizeAdapter({
    noSync: true, // the schema belongs to the migrations
    dialect: "postgres",
    dialectModule: { ...pg, Client: clientFor(withSessionOptions(url, options)) },
    logging: false,
    pool: { max: limits.POOL_CONNECTIONS, min: 1, acquire: limits.POOL_ACQUIRE_MS, idle: 60_000 },
    dialectOptions: {
      application_name: name,
      statement_timeout: limits.STATEMENT_TIMEOUT_MS,
      query_timeout: limits.QUERY_TIMEOUT_MS, // ends a connection whose packets are lost, which no server reports
      lock_timeout: limits.LOCK_TIMEOUT_MS,
      idle_in_transaction_session_timeout: limits.IDLE_TRANSACTION_MS,
      connectionTimeoutMillis: limits.CONNECT_TIMEOUT_MS,
      keepAlive: true,
    },
  });
}

/** A service of moleculer-db while it connects. */
interface Connecting extends HasDatabase {
  broker: ServiceBroker;
  adapter: unknown;
}

/**
 * Gives a service its own Postgres database as `this.db`. At the start the database is made if it is missing, and
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
        const adapter = newAdapter(url, `${service}@${this.broker.nodeID}`, options.keepPlans ?? false);
        adapter.init(this.broker, this as never);
        await adapter.connect();
        this.adapter = adapter;
        this.db = new Database({
          sequelize: (adapter as unknown as { db: Sequelize }).db,
          url,
          outbox: outboxWriter(`${service}@${this.broker.nodeID}`),
          nudge: (committed) => node.nudge(service, committed as readonly OutboxRow[]),
          list: (query) => adapter.find(query) as Promise<object[]>,
          count: (query) => adapter.count(query) as Promise<number>,
        });
      },
    },
  };
  return schema as unknown as ServiceSchema;
}

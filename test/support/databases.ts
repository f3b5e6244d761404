import { randomBytes } from "node:crypto";
import pg from "pg";
import { databaseUrl } from "#lib/sql/connection.ts";
import { postgresUrl, variable } from "./servers.ts";

/** Databases of this run begin with the value of this variable, so that the teardown finds them on a shared server. */
export const TEST_PREFIX = "TEST_DATABASE_PREFIX";

const CONNECT_MS = 5_000;
const QUERY_MS = 20_000;

/** A namespace of its own: the databases that its services create are empty, and the teardown of this run drops them. */
export function freshNamespace(): string {
  return `${variable(TEST_PREFIX).replaceAll("_", "-")}-${randomBytes(4).toString("hex")}`;
}

/** The URL of the database that a service of this namespace uses. */
export function databaseUrlOf(namespace: string, service: string): string {
  return databaseUrl(postgresUrl(), `${namespace.replaceAll("-", "_")}_${service}`);
}

/**
 * Creates an empty database, for tests that need one without a service.
 * @param name appears in the name of the database
 * @returns its URL
 */
export async function freshDatabase(name: string): Promise<string> {
  const database = `${variable(TEST_PREFIX)}_${name.replace(/\W+/g, "_").toLowerCase()}_${randomBytes(4).toString("hex")}`;
  await onServer((client) => client.query(`CREATE DATABASE "${database}"`));
  const url = new URL(postgresUrl());
  url.pathname = `/${database}`;
  return url.href;
}

/** Drops every database of this run; for the teardown of a server that stays. */
export async function dropDatabases(): Promise<void> {
  await onServer(async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      "SELECT datname FROM pg_database WHERE starts_with(datname, $1)",
      [`${variable(TEST_PREFIX)}_`],
    );
    for (const { datname } of rows) await client.query(`DROP DATABASE "${datname}" WITH (FORCE)`);
  });
}

async function onServer(work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({
    connectionString: postgresUrl(),
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: QUERY_MS,
  });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

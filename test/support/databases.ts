import { randomBytes } from "node:crypto";
import pg from "pg";
import { type DatabaseLayout, type DataPlace, placeOf, sessionUrl } from "#lib/sql/data-place.ts";
import type { Database } from "#lib/sql/database.ts";
import { postgresUrl, variable } from "./servers.ts";

/** Databases of this run begin with the value of this variable, so that the teardown finds them on a shared server. */
export const TEST_PREFIX = "TEST_DATABASE_PREFIX";

const CONNECT_MS = 5_000;
const QUERY_MS = 20_000;

/** A namespace of its own: the database that its services create is empty, and the teardown of this run drops it. */
export function freshNamespace(): string {
  return `${variable(TEST_PREFIX).replaceAll("_", "-")}-${randomBytes(4).toString("hex")}`;
}

/** Where a service of this namespace has its data. */
export function dataPlaceOf(namespace: string, service: string, layout: DatabaseLayout = "schemas"): DataPlace {
  return placeOf(service, { server: postgresUrl(), namespace, layout });
}

/** A URL for the data of a service of this namespace, with the rights of a superuser. */
export function databaseUrlOf(namespace: string, service: string, layout: DatabaseLayout = "schemas"): string {
  const { database, schema } = dataPlaceOf(namespace, service, layout);
  return sessionUrl({ database, ...(schema === undefined ? {} : { schema }) });
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

/** Drops every database and role of this run; for the teardown of a server that stays. */
export async function dropDatabases(): Promise<void> {
  await onServer(async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      "SELECT datname FROM pg_database WHERE starts_with(datname, $1)",
      [`${variable(TEST_PREFIX)}_`],
    );
    for (const { datname } of rows) await client.query(`DROP DATABASE "${datname}" WITH (FORCE)`);
    const { rows: roles } = await client.query<{ rolname: string }>(
      "SELECT rolname FROM pg_roles WHERE starts_with(rolname, $1)",
      [`${variable(TEST_PREFIX)}_`],
    );
    for (const { rolname } of roles) await client.query(`DROP ROLE "${rolname}"`);
  });
}

/** Runs a statement in a service's database with the rights of a superuser, which the service itself does not have. */
export async function asSuperuser({ place }: Database, text: string, values: readonly unknown[] = []): Promise<void> {
  await withClient(place.database, (client) => client.query(text, [...values]));
}

function onServer(work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  return withClient(postgresUrl(), work);
}

async function withClient(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
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

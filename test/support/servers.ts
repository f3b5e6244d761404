import { randomBytes } from "node:crypto";
import pg from "pg";

export { natsServer, redisServer } from "#tools/servers.ts";

/** Where `global-setup.ts` leaves the Postgres server of this run. */
export const TEST_SERVER = "TEST_DATABASE_URL";

/** Databases of this run start with it, so that the teardown finds them on a server that stays. */
export const TEST_PREFIX = "TEST_DATABASE_PREFIX";

const CONNECT_MS = 5_000;
const QUERY_MS = 20_000;

/**
 * Makes an empty database on the Postgres server that all tests of this run share.
 * @param name says in the server's list which test it belongs to
 * @returns its URL
 */
export async function freshDatabase(name: string): Promise<string> {
  const database = `${variable(TEST_PREFIX)}_${name.replace(/\W+/g, "_").toLowerCase()}_${randomBytes(4).toString("hex")}`;
  await onServer((client) => client.query(`CREATE DATABASE "${database}"`));
  const url = new URL(postgresUrl());
  url.pathname = `/${database}`;
  return url.href;
}

/** The server itself: its URL names the database `postgres`. */
export function postgresUrl(): string {
  return variable(TEST_SERVER);
}

/** Drops what this run has made; for the teardown, where the server stays. */
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

function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run this test through Jest, in test/service or test/system`);
  return value;
}

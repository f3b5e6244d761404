import { randomBytes } from "node:crypto";
import { postgresServer, type RunningServer } from "../../tools/servers.ts";
import { dropDatabases, TEST_PREFIX, TEST_SERVER } from "./servers.ts";

declare global {
  var testPostgres: RunningServer | undefined;
}

/** Starts, or finds, the one Postgres server of a test run; workers inherit its URL. */
export default async function setUp(): Promise<void> {
  globalThis.testPostgres = await postgresServer({});
  process.env[TEST_SERVER] = globalThis.testPostgres.url;
  process.env[TEST_PREFIX] = `test_${randomBytes(4).toString("hex")}`;
}

export async function tearDown(): Promise<void> {
  if (process.env.DATABASE_URL) await dropDatabases();
  await globalThis.testPostgres?.stop();
}

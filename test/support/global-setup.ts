import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { postgresServer, type RunningServer } from "#tools/servers.ts";
import { dropDatabases, TEST_PREFIX } from "./databases.ts";
import { TEST_SERVER } from "./servers.ts";

const COMPILED = join(import.meta.dirname, "../../node_modules/.cache/compiled");

declare global {
  var testPostgres: RunningServer | undefined;
}

/** Starts or finds the Postgres server of a test run. Workers inherit its URL and the folder of the compile cache. */
export default async function setUp(): Promise<void> {
  globalThis.testPostgres = await postgresServer({});
  process.env[TEST_SERVER] = globalThis.testPostgres.url;
  process.env.NODE_COMPILE_CACHE ??= COMPILED; // the tests start about a hundred processes on two cores
  process.env[TEST_PREFIX] = `test_${randomBytes(4).toString("hex")}`;
}

export async function tearDown(): Promise<void> {
  if (process.env.DATABASE_URL) await dropDatabases();
  await globalThis.testPostgres?.stop();
}

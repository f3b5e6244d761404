export { natsServer, redisServer } from "#tools/servers.ts";

/** The variable in which `global-setup.ts` leaves the URL of the Postgres server of this run. */
export const TEST_SERVER = "TEST_DATABASE_URL";

/** The Postgres server that all tests of this run share; its URL names the database `postgres`. */
export function postgresUrl(): string {
  return variable(TEST_SERVER);
}

export function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run this test through Jest, in test/service or test/system`);
  return value;
}

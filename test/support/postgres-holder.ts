import { startEmbeddedPostgres } from "#lib/dev-postgres/embedded-postgres.ts";

/** Runs the embedded Postgres of one folder until it is killed: a node that dies without cleaning up. */
const server = await startEmbeddedPostgres({
  dataDir: process.argv[2] ?? "",
  log: (line) => process.stderr.write(`${line}\n`),
});
process.stdout.write(`${server.url}\n`);
setInterval(() => {}, 60_000); // the server itself keeps no process alive

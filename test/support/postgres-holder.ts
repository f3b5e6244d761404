import { startEmbeddedPostgres } from "#lib/dev-postgres/embedded-postgres.ts";

/** Runs the embedded Postgres of a folder until this process is killed, as a node that crashes. */
const server = await startEmbeddedPostgres({
  dataDir: process.argv[2] ?? "",
  log: (line) => process.stderr.write(`${line}\n`),
});
process.stdout.write(`${server.url}\n`);
setInterval(() => {}, 60_000); // the server does not keep this process alive

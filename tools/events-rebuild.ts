// npm run events:rebuild [-- --minutes 30]
// Has the outboxes published again: all that is retained, or what was sent in the last minutes. For a stream that lost
// what it had confirmed, for instance because its server lost its power. A stream that is gone altogether is noticed by
// the relays themselves, which then do the same.
//
// This only moves positions back. The relays of the running nodes, or of the next start, send the events in their order:
// two senders at once could let a new event overtake an old one. Groups that had an event before find it in their inbox.
import pg from "pg";
import { processEnv } from "#config/env.ts";
import { limits } from "#config/limits.ts";
import { PostgresOutboxStore } from "#lib/events/outbox/outbox-store.ts";
import { databaseUrl } from "#lib/sql/connection.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { StartupError } from "#lib/startup-error.ts";

const MINUTES_PER_DAY = 1_440;

function wantedMinutes(args: readonly string[]): number | undefined {
  if (args.length === 0) return undefined;
  const [option, value] = args;
  const minutes = Number(value);
  const most = limits.OUTBOX_RETENTION_DAYS * MINUTES_PER_DAY;
  if (args.length === 2 && option === "--minutes" && Number.isInteger(minutes) && minutes >= 1 && minutes <= most)
    return minutes;
  throw new StartupError(`Use: npm run events:rebuild [-- --minutes <1 to ${most}>]`);
}

async function withDatabase<T>(url: string, work: (db: Queryable) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: limits.CONNECT_TIMEOUT_MS });
  await client.connect();
  try {
    return await work({
      query: async <R extends object>(text: string, values: readonly unknown[] = []) =>
        (await client.query(text, [...values])).rows as R[],
    });
  } finally {
    await client.end();
  }
}

/** The databases of this namespace, and those that have a variable of their own. */
async function serviceDatabases(): Promise<string[]> {
  const { DATABASE_URL, NAMESPACE, databaseUrls } = processEnv();
  const own = Object.values(databaseUrls);
  if (!DATABASE_URL) {
    if (own.length > 0) return own;
    throw new StartupError("Set DATABASE_URL to the Postgres server of the shop.");
  }
  const prefix = `${NAMESPACE.replaceAll("-", "_")}_`;
  const rows = await withDatabase(DATABASE_URL, (db) =>
    db.query<{ datname: string }>("SELECT datname FROM pg_database WHERE starts_with(datname, $1) ORDER BY datname", [
      prefix,
    ]),
  );
  return [...rows.map(({ datname }) => databaseUrl(DATABASE_URL, datname)), ...own];
}

async function rebuild(db: Queryable, minutes: number | undefined): Promise<number> {
  const [outbox] = await db.query("SELECT 1 FROM pg_class WHERE relname = 'outbox' AND relkind = 'r'");
  if (!outbox) return 0;
  const topics = await db.query<{ topic: string }>("SELECT topic FROM topic_place ORDER BY topic");
  if (topics.length === 0) return 0; // it has sent nothing
  const count = await new PostgresOutboxStore(db).moveBack(minutes === undefined ? {} : { sentWithinMinutes: minutes });
  const names = topics.map(({ topic }) => topic).join(", ");
  process.stdout.write(`${names.padEnd(24)} ${count} events\n`);
  return count;
}

try {
  const minutes = wantedMinutes(process.argv.slice(2));
  let total = 0;
  for (const url of await serviceDatabases()) total += await withDatabase(url, (db) => rebuild(db, minutes));
  process.stdout.write(`${total} events are published again by the running nodes, or at the next start.\n`);
} catch (error) {
  process.stderr.write(`${error instanceof StartupError ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

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
import { type DataPlace, placeOf, sessionUrl } from "#lib/sql/data-place.ts";
import { decideLayout, existingData } from "#lib/sql/existing-data.ts";
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

async function withDatabase<T>({ database, schema }: DataPlace, work: (db: Queryable) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: sessionUrl(schema === undefined ? { database } : { database, schema }),
    connectionTimeoutMillis: limits.CONNECT_TIMEOUT_MS,
  });
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

/** The data of the services of this namespace, and those that have a variable of their own. */
async function places(): Promise<DataPlace[]> {
  const { DATABASE_URL, DATABASE_LAYOUT, NAMESPACE: namespace, databaseUrls } = processEnv();
  const own = Object.values(databaseUrls).map((database) => ({ database }));
  if (!DATABASE_URL) {
    if (own.length > 0) return own;
    throw new StartupError("Set DATABASE_URL to the Postgres server of the shop.");
  }
  const existing = await existingData(DATABASE_URL, namespace);
  const layout = decideLayout(DATABASE_LAYOUT, existing);
  const services = existing[layout].filter((service) => databaseUrls[service] === undefined);
  return [...services.map((service) => placeOf(service, { server: DATABASE_URL, namespace, layout })), ...own];
}

async function rebuild(db: Queryable, minutes: number | undefined): Promise<number> {
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
  for (const place of await places()) total += await withDatabase(place, (db) => rebuild(db, minutes));
  process.stdout.write(`${total} events are published again by the running nodes, or at the next start.\n`);
} catch (error) {
  process.stderr.write(`${error instanceof StartupError ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

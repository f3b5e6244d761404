// npm run events:rebuild [-- --minutes 30]
// Has the outboxes published again: all that is retained, or what was sent in the last minutes. For a stream that lost
// what it had confirmed, for instance because its server lost its power. A stream that is gone altogether is noticed by
// the relays themselves, which then do the same.
//
// This only moves positions back. The relays of the running nodes, or of the next start, send the events in their order:
// two senders at once could let a new event overtake an old one. Groups that had an event before find it in their inbox.
import { processEnv } from "#config/env.ts";
import { limits } from "#config/limits.ts";
import { PostgresOutboxStore } from "#lib/events/outbox/outbox-store.ts";
import type { DataPlace } from "#lib/sql/data-place.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { StartupError } from "#lib/startup-error.ts";
import { placesOn, withDatabase } from "./service-database.ts";

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

/** The data of the services of this namespace, and those that have a variable of their own. */
async function places(): Promise<DataPlace[]> {
  const env = processEnv();
  const own = Object.values(env.databaseUrls).map((database) => ({ database }));
  if (env.DATABASE_URL) return [...(await placesOn(env.DATABASE_URL, env)).values(), ...own];
  if (own.length > 0) return own;
  throw new StartupError("Set DATABASE_URL to the Postgres server of the shop.");
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

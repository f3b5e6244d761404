import { limits } from "#config/limits.ts";
import type { Cause } from "#lib/sql/cause.ts";
import type { Database } from "#lib/sql/database.ts";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import { authLimits } from "./domain/limits.ts";
import { type Counter, type Counters, NOTHING, type Verdict } from "./domain/throttle.ts";

type Keys<Name extends string> = Readonly<Record<Name, string>>;
type Judge<Name extends string> = (counters: Counters<Name>, now: number) => Verdict<Name>;

/**
 * What the counters say about an attempt at this moment, without counting it and without a lock, so that the many requests
 * of an attacker who has to wait anyway do not queue up for the locks.
 */
export async function previewAttempt<Name extends string>(
  db: Queryable,
  keys: Keys<Name>,
  judge: Judge<Name>,
): Promise<Verdict<Name>> {
  const { before, now } = await readCounters(db, keys, "");
  const verdict = judge(before, now);
  if (verdict.waits) await beginWait(db, keys[verdict.waits]);
  return verdict;
}

/**
 * Counts an attempt if it is allowed, as one step: of many at the same moment, on all nodes, each one sees the counters as
 * the one before has left them.
 * @param keys of the counters, by name
 * @param judge may be called again after a deadlock
 * @returns the decision, and the counters before it
 */
export async function countAttempt<Name extends string>(
  db: Database,
  cause: Cause,
  keys: Keys<Name>,
  judge: Judge<Name>,
): Promise<Verdict<Name> & { before: Counters<Name> }> {
  const decision = await db.transaction(cause, async (tx) => {
    // Rows are made and locked in the order of their keys, so that no two requests wait for each other.
    tx.write("INSERT INTO attempt_counter (key) SELECT unnest($1::text[]) ORDER BY 1 ON CONFLICT DO NOTHING", [
      Object.values(keys),
    ]);
    const { before, now } = await readCounters(tx, keys, "FOR UPDATE");
    const verdict = judge(before, now);
    if (verdict.after) writeCounters(tx, keys, verdict.after);
    return { ...verdict, before };
  });
  if (decision.waits) await beginWait(db, keys[decision.waits]);
  return decision;
}

async function beginWait(db: Queryable, key: string): Promise<void> {
  await db.query(
    `INSERT INTO attempt_counter AS stored (key, last_at) VALUES ($1, clock_timestamp())
     ON CONFLICT (key) DO UPDATE SET last_at = coalesce(stored.last_at, EXCLUDED.last_at)`,
    [key],
  );
}

interface CounterRow {
  key: string;
  count: number;
  counted_at: Date;
  last_at: Date | null;
}

async function readCounters<Name extends string>(
  db: Queryable,
  keys: Keys<Name>,
  lock: "" | "FOR UPDATE",
): Promise<{ before: Counters<Name>; now: number }> {
  const [rows, [clock]] = await Promise.all([
    db.query<CounterRow>(
      `SELECT key, count, counted_at, last_at FROM attempt_counter WHERE key = ANY ($1::text[]) ORDER BY key ${lock}`,
      [Object.values(keys)],
    ),
    db.query<{ now: Date }>("SELECT clock_timestamp() AS now"), // in a transaction it runs when the rows are locked
  ]);
  if (!clock) throw new Error("The database did not say its time.");
  const counterOf = (key: unknown): Counter => {
    const row = rows.find((one) => one.key === key);
    if (!row) return NOTHING;
    return { count: row.count, countedAt: row.counted_at.getTime(), lastAt: row.last_at?.getTime() };
  };
  const before = Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, counterOf(key)]));
  return { before: before as Counters<Name>, now: clock.now.getTime() };
}

function writeCounters<Name extends string>(tx: Transaction, keys: Keys<Name>, after: Counters<Name>): void {
  const names = Object.keys(keys) as Name[];
  tx.write(
    `UPDATE attempt_counter AS stored SET count = new.count, counted_at = new.counted_at, last_at = new.last_at
     FROM unnest($1::text[], $2::int[], $3::timestamptz[], $4::timestamptz[]) AS new (key, count, counted_at, last_at)
     WHERE stored.key = new.key`,
    [
      names.map((name) => keys[name]),
      names.map((name) => after[name].count),
      names.map((name) => new Date(after[name].countedAt)),
      names.map((name) => dateOf(after[name].lastAt)),
    ],
  );
}

/** Takes one attempt out of a counter again, and the wait that it began unless a later attempt began another one. */
export async function giveBack(db: Queryable, key: string, before: Counter, after: Counter): Promise<void> {
  await db.query(
    `UPDATE attempt_counter SET count = greatest(0, count - 1), last_at = CASE last_at WHEN $2 THEN $3 ELSE last_at END
     WHERE key = $1`,
    [key, dateOf(after.lastAt), dateOf(before.lastAt)],
  );
}

function dateOf(time: number | undefined): Date | null {
  return time === undefined ? null : new Date(time);
}

export async function deleteCounter(db: Queryable, key: string): Promise<void> {
  await db.query("DELETE FROM attempt_counter WHERE key = $1", [key]);
}

/** Stores that an account has logged in from an address, and forgets its oldest addresses above `KNOWN_ADDRESSES`. */
export async function rememberAddress(db: Queryable, subjectId: string, addressHash: string): Promise<void> {
  await db.query(
    `WITH remembered AS (
       INSERT INTO login_address (subject_id, address_hash) VALUES ($1, $2)
       ON CONFLICT (subject_id, address_hash) DO UPDATE SET last_login_at = now()
     )
     DELETE FROM login_address WHERE subject_id = $1 AND address_hash IN (
       SELECT address_hash FROM login_address WHERE subject_id = $1 AND address_hash <> $2
       ORDER BY last_login_at DESC OFFSET $3)`,
    [subjectId, addressHash, authLimits.KNOWN_ADDRESSES - 1],
  );
}

/** Deletes what has no effect any more: counters that have fallen to 0, and addresses of long ago. */
export async function deleteForgotten(db: Queryable): Promise<void> {
  const { COUNTER_HOURS, KNOWN_ADDRESS_DAYS } = authLimits;
  await deleteInBatches(db, "attempt_counter", "key", "counted_at", `${COUNTER_HOURS} hours`);
  await deleteInBatches(db, "login_address", "subject_id, address_hash", "last_login_at", `${KNOWN_ADDRESS_DAYS} days`);
}

async function deleteInBatches(db: Queryable, table: string, key: string, age: string, old: string): Promise<void> {
  for (let batch = 0; batch < limits.RETENTION_BATCHES; batch++) {
    const deleted = await db.query(
      `DELETE FROM ${table} WHERE (${key}) IN (
         SELECT ${key} FROM ${table} WHERE ${age} < now() - interval '${old}' ORDER BY ${age} LIMIT ${limits.RETENTION_ROWS})
       RETURNING 1 AS deleted`,
    );
    if (deleted.length < limits.RETENTION_ROWS) return;
  }
}

/** The key of this purpose: the one that was stored first, whichever node starts first. */
export async function storedHashKey(db: Queryable, purpose: string, candidate: string): Promise<string> {
  await db.query("INSERT INTO hash_key (purpose, key) VALUES ($1, $2) ON CONFLICT DO NOTHING", [purpose, candidate]);
  const [row] = await db.query<{ key: string }>("SELECT key FROM hash_key WHERE purpose = $1", [purpose]);
  if (!row) throw new Error("The key of hashes was not stored.");
  return row.key;
}

import { limits } from "#config/limits.ts";
import type { Queryable } from "./transaction.ts";

/** A table of the platform whose rows are deleted some days after the moment in `age`. */
interface Expiring {
  table: string;
  /** Columns of the primary key. */
  key: readonly string[];
  /** Column with the moment from which the days are counted. Rows without one stay. */
  age: string;
  /** The columns that put old rows first. For large tables an index that exists anyway, so that none is needed on `age`. */
  oldestFirst: string;
  days: number;
  /** A condition for rows that may be deleted. */
  only?: string;
}

const EXPIRING: readonly Expiring[] = [
  {
    table: "outbox",
    key: ["id"],
    age: "occurred_at",
    oldestFirst: "id",
    days: limits.OUTBOX_RETENTION_DAYS,
    only: "t.id <= (SELECT sent_to FROM outbox_position)",
  },
  // An earlier position than those that are kept is that of the first row.
  { table: "outbox_progress", key: ["at"], age: "at", oldestFirst: "at", days: limits.OUTBOX_RETENTION_DAYS },
  {
    table: "inbox",
    key: ["consumer_group", "event_id"],
    age: "applied_at",
    oldestFirst: "consumer_group, event_id", // ids of events sort by time
    days: limits.INBOX_RETENTION_DAYS,
  },
  {
    table: "dead_letter",
    key: ["consumer_group", "event_id"],
    age: "discarded_at",
    oldestFirst: "discarded_at",
    days: limits.DISCARDED_LETTER_DAYS,
  },
  {
    table: "idempotency_key",
    key: ["caller", "action", "key"],
    age: "expires_at",
    oldestFirst: "expires_at",
    days: 0,
  },
  { table: "keyvalue", key: ["key"], age: "expires_at", oldestFirst: "expires_at", days: 0 },
];

/** Deletes what is past its retention from the platform's tables of one database, a bounded number of rows of each. */
export async function deleteExpired(db: Queryable): Promise<void> {
  for (const expiring of EXPIRING) {
    const statement = deleteStatement(expiring);
    for (let batch = 0; batch < limits.RETENTION_BATCHES; batch++) {
      const [{ count } = { count: 0 }] = await db.query<{ count: number }>(statement);
      if (count === 0) break;
    }
  }
}

/**
 * Deletes one batch, found by its primary key. The batch is small enough that Postgres looks each row up in the index of
 * the primary key instead of reading the whole table, and the number stands in the text because Postgres would plan for a
 * tenth of the table if it were a parameter.
 */
function deleteStatement({ table, key, age, oldestFirst, days, only = "true" }: Expiring): string {
  const sameKey = key.map((column) => `t.${column} = oldest.${column}`).join(" AND ");
  return `WITH deleted AS (
      DELETE FROM ${table} AS t
      USING (SELECT ${key.join(", ")}, ${age} AS age FROM ${table} ORDER BY ${oldestFirst}
             LIMIT ${limits.RETENTION_ROWS}) AS oldest
      WHERE ${sameKey} AND oldest.age < now() - make_interval(days => ${days}) AND ${only}
      RETURNING 1
    ) SELECT count(*) AS count FROM deleted`;
}

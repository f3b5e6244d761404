import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import pg from "pg";
import { limits } from "#config/limits.ts";
import { migrate } from "#lib/sql/migrations.ts";
import { deleteExpired } from "#lib/sql/retention.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { freshDatabase } from "#test/support/databases.ts";

const MANY_ROWS = 100_000;
const TABLES = ["outbox", "outbox_progress", "inbox", "dead_letter", "idempotency_key", "keyvalue"];

let client: pg.Client;
const statements: string[] = [];
const db: Queryable = {
  async query<Row extends object>(text: string, values: readonly unknown[] = []) {
    statements.push(text);
    return (await client.query(text, [...values])).rows as Row[];
  },
};

beforeAll(async () => {
  const url = await freshDatabase("retention");
  await migrate({ database: url }, join(import.meta.dirname, "none"));
  client = new pg.Client(url);
  await client.connect();
});
afterAll(() => client.end());
beforeEach(() => client.query(`TRUNCATE ${TABLES.join()}`));

/** One row in each table for each number of days since its retention ended; a negative number is still to come. */
async function insertAged(days: number): Promise<void> {
  const { OUTBOX_RETENTION_DAYS, INBOX_RETENTION_DAYS, DISCARDED_LETTER_DAYS } = limits;
  const age = (retention: number) => `now() - make_interval(days => ${retention + days})`;
  const id = `'${days}'`;
  await insertSent(age(OUTBOX_RETENTION_DAYS), 1);
  await client.query(`INSERT INTO outbox_progress VALUES (${age(OUTBOX_RETENTION_DAYS)}, 1)`);
  await client.query(`INSERT INTO inbox VALUES ('group', ${id}, ${age(INBOX_RETENTION_DAYS)})`);
  await client.query(
    `INSERT INTO dead_letter (consumer_group, event_id, envelope, error, attempts, discarded_at)
     VALUES ('group', ${id}, '{}', 'e', 5, ${age(DISCARDED_LETTER_DAYS)})`,
  );
  await client.query(`INSERT INTO idempotency_key VALUES ('caller', ${id}, 'action', 'hash', '{}', ${age(0)})`);
  await client.query(`INSERT INTO keyvalue VALUES (${id}, '1', 1, ${age(0)})`);
}

async function insertOutbox(occurredAt: string, rows: number): Promise<void> {
  await client.query(
    `INSERT INTO outbox (event_id, event_type, occurred_at, version, data, topic, key, sequence, correlation_id,
                         causation_id, producer)
     SELECT 'evt_' || n, 'T', ${occurredAt}, '1.0', '{}', 't', 'k', n, 'c', 'c', 'p' FROM generate_series(1, ${rows}) AS n`,
  );
}

async function insertSent(occurredAt: string, rows: number): Promise<void> {
  await insertOutbox(occurredAt, rows);
  await client.query("UPDATE outbox_position SET sent_to = (SELECT max(id) FROM outbox)");
}

async function count(table: string): Promise<number> {
  return (await client.query(`SELECT count(*)::int AS count FROM ${table}`)).rows[0].count;
}

test("deletes rows that are past their retention, and keeps all others", async () => {
  for (const days of [2, 1, -1]) await insertAged(days);
  await insertOutbox("now() - interval '1 year'", 1); // was never sent, so it is needed
  await client.query("INSERT INTO keyvalue VALUES ('for ever', '1', 1, NULL)");
  await client.query(
    "INSERT INTO dead_letter (consumer_group, event_id, envelope, error, attempts) VALUES ('group', 'kept', '{}', 'e', 5)",
  );
  await deleteExpired(db);
  const left: [string, number][] = [];
  for (const table of TABLES) left.push([table, await count(table)]);
  expect(Object.fromEntries(left)).toEqual({
    outbox: 2,
    outbox_progress: 1,
    inbox: 1,
    dead_letter: 2,
    idempotency_key: 1,
    keyvalue: 2,
  });
});

test("deletes many batches in one run, although a row among the oldest stays", async () => {
  await insertSent("now()", 1);
  await insertSent("now() - interval '1 year'", 2 * limits.RETENTION_ROWS);
  await deleteExpired(db);
  expect(await count("outbox")).toBe(1);
});

test("looks rows up by their primary key, however large the table is", async () => {
  await insertSent("now()", MANY_ROWS);
  await client.query(`INSERT INTO inbox SELECT 'group', 'evt_' || n, now() FROM generate_series(1, ${MANY_ROWS}) AS n`);
  statements.length = 0;
  await deleteExpired(db);
  for (const statement of statements.filter((text) => /FROM (outbox|inbox) /.test(text))) {
    const { rows } = await client.query(`EXPLAIN ${statement}`);
    const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
    expect(plan).not.toMatch(/Seq Scan on (outbox|inbox)\b|ctid/i);
  }
});

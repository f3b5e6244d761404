import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import pg from "pg";
import type { IdRange } from "#lib/events/outbox/id-ranges.ts";
import { PostgresOutboxStore } from "#lib/events/outbox/outbox-store.ts";
import { migrate } from "#lib/sql/migrations.ts";
import { freshDatabase } from "#test/support/databases.ts";

const MANY = 1_000;
const ALL: IdRange = { first: 1, last: Number.MAX_SAFE_INTEGER };

let url: string;
let client: pg.Client;
let store: PostgresOutboxStore;

const query = async <R extends object>(text: string, values: readonly unknown[] = []) =>
  (await client.query(text, [...values])).rows as R[];

const insert = (rows: number) =>
  query(
    `INSERT INTO outbox (event_id, event_type, occurred_at, version, data, topic, key, sequence, correlation_id,
                         causation_id, producer)
     SELECT 'evt_' || n, 'T', now(), '1.0', '{}', 't', 'k', n, 'c', 'c', 'p' FROM generate_series(1, $1) AS n`,
    [rows],
  );
const read = async (limit: number, ...ranges: IdRange[]) => (await store.read(ranges, limit)).rows.map(({ id }) => id);
const position = async () => (await store.read([ALL], 1)).position;
/** As if the position that was saved last, and all before, had been saved some minutes earlier. */
const minutesPass = (minutes: number) =>
  query("UPDATE outbox_progress SET at = at - make_interval(mins => $1)", [minutes]);

beforeAll(async () => {
  url = await freshDatabase("outbox");
  await migrate({ database: url }, "/nothing");
  client = new pg.Client(url);
  await client.connect();
  store = new PostgresOutboxStore({ query });
});
beforeEach(async () => {
  await query("TRUNCATE outbox RESTART IDENTITY");
  await query("TRUNCATE outbox_progress");
  await query("UPDATE outbox_position SET sent_to = 0, moves = 0");
});
afterAll(() => client.end());

test("the rows of several ranges are read in the order of their ids, behind the position and up to a limit", async () => {
  await insert(10);
  expect(await read(5, { first: 2, last: 3 }, { first: 6, last: 6 }, { ...ALL, first: 9 })).toEqual([2, 3, 6, 9, 10]);
  expect(await read(3, { first: 2, last: 3 }, { first: 6, last: 6 }, { ...ALL, first: 9 })).toEqual([2, 3, 6]);
  await store.savePosition({ sentTo: 8, moves: 0 });
  expect(await read(5, ALL)).toEqual([9, 10]);
  expect(await read(5, { first: 1, last: 8 })).toEqual([]);
  expect(await position()).toMatchObject({ sentTo: 8, moves: 0 });
});

test("a position advances, and is not saved by a relay that does not know that it was moved back", async () => {
  await insert(9);
  expect(await store.savePosition({ sentTo: 5, moves: 0 })).toBe(true);
  expect(await store.savePosition({ sentTo: 3, moves: 0 })).toBe(true); // a second relay is behind
  expect(await position()).toMatchObject({ sentTo: 5, moves: 0 });
  expect(await store.moveBack()).toBe(5);
  expect(await store.savePosition({ sentTo: 9, moves: 0 })).toBe(false);
  expect(await position()).toMatchObject({ sentTo: 0, moves: 1 });
  expect(await store.savePosition({ sentTo: 2, moves: 1 })).toBe(true);
});

test("what was sent since a time is sent again, also when the position was moved back in between", async () => {
  await insert(MANY);
  await store.savePosition({ sentTo: 100, moves: 0 });
  await minutesPass(20);
  await store.savePosition({ sentTo: 200, moves: 0 });
  await minutesPass(20);
  await store.savePosition({ sentTo: 300, moves: 0 });
  expect(await store.moveBack({ sentWithinMinutes: 30 })).toBe(200); // the position was 100 at the last time before
  expect(await position()).toMatchObject({ sentTo: 100, moves: 1 });
  expect(await store.moveBack({ since: new Date() })).toBe(0); // nothing was sent since then
  await store.savePosition({ sentTo: 400, moves: 2 });
  await minutesPass(5);
  await store.savePosition({ sentTo: 500, moves: 2 });
  expect(await store.moveBack({ sentWithinMinutes: 7 })).toBe(400); // 101 to 300 were sent again 5 minutes ago
  expect(await store.moveBack({ sentWithinMinutes: 60 })).toBe(100); // nothing is known from so early
  expect(await position()).toMatchObject({ sentTo: 0, moves: 4 });
});

test("a position is not moved behind the first row that is retained", async () => {
  await insert(MANY);
  await store.savePosition({ sentTo: MANY, moves: 0 });
  await query("DELETE FROM outbox WHERE id <= 900");
  expect(await store.moveBack()).toBe(100);
  await query("DELETE FROM outbox");
  expect(await store.moveBack()).toBe(900);
});

test("the progress is noted once in a while, and not at each save", async () => {
  await insert(MANY);
  for (let sentTo = 1; sentTo <= 10; sentTo++) await store.savePosition({ sentTo, moves: 0 });
  expect(await query("SELECT sent_to::int FROM outbox_progress")).toEqual([{ sent_to: 1 }]);
});

test("a transaction that may still commit a row is an open writer until it has ended", async () => {
  const writer = new pg.Client(url);
  await writer.connect();
  await writer.query("BEGIN");
  expect((await store.openWriters()).size).toBe(0);
  await writer.query(
    `INSERT INTO outbox (event_id, event_type, occurred_at, version, data, topic, key, sequence, correlation_id,
                         causation_id, producer) VALUES ('e', 'T', now(), '1.0', '{}', 't', 'k', 1, 'c', 'c', 'p')`,
  );
  expect((await store.openWriters()).size).toBe(1);
  await writer.query("ROLLBACK");
  expect((await store.openWriters()).size).toBe(0);
  await writer.end();
});

test("an outbox without a position is an error, not an empty outbox", async () => {
  await query("BEGIN");
  await query("DELETE FROM outbox_position");
  await expect(store.read([ALL], 1)).rejects.toThrow("no position");
  await query("ROLLBACK");
});

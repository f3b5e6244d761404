import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import pg from "pg";
import { PostgresOutboxStore } from "#lib/events/outbox/outbox-store.ts";
import { freshDatabase } from "#test/support/databases.ts";

const FOLDER = join(import.meta.dirname, "../../../lib/sql/migrations");
const BEFORE = ["001-backbone.sql", "002-places.sql", "003-operating.sql"];
const MIGRATION = "004-outbox-position.sql";

/** A database whose outbox has rows with these marks, migrated to positions. @returns the ids that are still to be sent */
async function unsentAfterMigrating(sent: readonly boolean[]): Promise<number[]> {
  const client = new pg.Client(await freshDatabase("marks"));
  await client.connect();
  try {
    for (const file of BEFORE) await client.query(await readFile(join(FOLDER, file), "utf8"));
    await client.query(
      `INSERT INTO outbox (event_id, event_type, occurred_at, version, data, topic, key, sequence, correlation_id,
                           causation_id, producer, sent_at)
       SELECT 'evt_' || n, 'T', now(), '1.0', '{}', 't', 'k', n, 'c', 'c', 'p', CASE WHEN sent THEN now() END
       FROM unnest($1::boolean[]) WITH ORDINALITY AS row (sent, n)`,
      [sent],
    );
    await client.query(await readFile(join(FOLDER, MIGRATION), "utf8"));
    const store = new PostgresOutboxStore({
      query: async <R extends object>(text: string, values: readonly unknown[] = []) =>
        (await client.query(text, [...values])).rows as R[],
    });
    const { rows } = await store.read([{ first: 1, last: Number.MAX_SAFE_INTEGER }], sent.length + 1);
    return rows.map(({ id }) => id);
  } finally {
    await client.end();
  }
}

test("events that were not sent before the migration are sent after it", async () => {
  expect(await unsentAfterMigrating([])).toEqual([]);
  expect(await unsentAfterMigrating([true, true])).toEqual([]);
  expect(await unsentAfterMigrating([true, true, false])).toEqual([3]);
  expect(await unsentAfterMigrating([true, false, true, false])).toEqual([2, 3, 4]); // 3 is sent twice
});

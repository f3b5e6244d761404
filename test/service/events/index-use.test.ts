import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import pg from "pg";
import { sessionUrl } from "#lib/sql/data-place.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { databaseOf, startBroker } from "#test/support/broker.ts";
import { eventually } from "#test/support/eventually.ts";
import { TEST_SERVICES } from "./test-services.ts";

const MANY_ROWS = 100_000;
const CALLER = { meta: { auth: { kind: "service", service: "test" } } };

interface Statement {
  /** The service that sent it. */
  service: string;
  text: string;
  values: unknown[];
}

let broker: ServiceBroker;
const statements = new Map<string, Statement>();

beforeAll(async () => {
  const query = pg.Client.prototype.query as (...args: unknown[]) => unknown;
  const capture = function (this: pg.Client & { connectionParameters: pg.ClientConfig }, ...args: unknown[]) {
    const [config] = args as [Partial<Statement> | string];
    if (typeof config === "object" && config.text) {
      const [service = ""] = this.connectionParameters.application_name?.split("@") ?? [];
      statements.set(`${service}: ${config.text}`, { service, text: config.text, values: config.values ?? [] });
    }
    return query.apply(this, args);
  };
  jest.spyOn(pg.Client.prototype, "query").mockImplementation(capture as never);
  broker = await startBroker({ services: [TEST_SERVICES.tally(), TEST_SERVICES.east()] });
});
afterAll(async () => {
  jest.restoreAllMocks();
  await broker?.stop();
});

test("the statements of outbox and inbox use their indexes on large tables", async () => {
  for (let n = 0; n < 3; n++) await broker.call("tally.count", { key: `k${n}`, times: 3 }, CALLER);
  const databases = { tally: databaseOf(broker, "tally"), east: databaseOf(broker, "east") };
  await eventually(async () => expect(await databases.east.query("SELECT 1 FROM seen")).toHaveLength(9));
  jest.restoreAllMocks();
  const captured = [...statements.values()].filter(({ text }) => /\b(outbox|inbox)\b/.test(text));
  expect(new Set(captured.map(({ service }) => service))).toEqual(new Set(["tally", "east"]));
  for (const db of Object.values(databases)) await fill(db);
  for (const { service, text, values } of captured) {
    for (const plan of await plansOf(sessionUrl(databases[service as "tally" | "east"].place), text, values)) {
      expect([text, plan]).toEqual([text, expect.not.stringMatching(/Seq Scan on (outbox|inbox)\b/)]);
    }
  }
});

/** Fills the tables with what a month leaves: events that were sent, and events that were applied. */
async function fill(db: Queryable): Promise<void> {
  await db.query(
    `INSERT INTO outbox (event_id, event_type, occurred_at, version, data, topic, key, sequence, correlation_id,
                         causation_id, producer)
     SELECT 'evt_' || n, 'T', now(), '1.0', '{}', 'tally.events', 'k', n, 'c', 'c', 'p'
     FROM generate_series(1, ${MANY_ROWS}) AS n`,
  );
  await db.query(`INSERT INTO inbox SELECT 'group', 'evt_' || n, now() FROM generate_series(1, ${MANY_ROWS}) AS n`);
  await db.query("UPDATE outbox_position SET sent_to = (SELECT max(id) FROM outbox)");
  await db.query("ANALYZE outbox, inbox");
}

/** The plan for these values, and the plan for any values, which Postgres keeps for a prepared statement. */
async function plansOf(url: string, text: string, values: unknown[]): Promise<string[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const results = [
      await client.query(`EXPLAIN ${text}`, values),
      await client.query(`EXPLAIN (GENERIC_PLAN) ${text}`),
    ];
    return results.map(({ rows }) => rows.map((row) => row["QUERY PLAN"]).join("\n"));
  } finally {
    await client.end();
  }
}

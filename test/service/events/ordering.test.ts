import { afterEach, beforeEach, expect, test } from "@jest/globals";
import pg from "pg";
import { outboxWriter } from "#lib/events/outbox/outbox-writer.ts";
import { Transaction } from "#lib/sql/transaction.ts";
import { databaseUrlOf, freshNamespace } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import { natsServer } from "#test/support/servers.ts";
import type { NodeOptions } from "./child-process.ts";
import { Child, Tables } from "./events-fixture.ts";
import { tally } from "./test-services.ts";

const KEYS = 500;
const EVENTS_EACH = 20;
const EVENTS = KEYS * EVENTS_EACH;
const NODES = ["one", "two", "three"] as const;
const WITHIN_MS = 20_000;
const CAUSE = { correlationId: "test", causationId: "test", traceparent: null };

let nats: Awaited<ReturnType<typeof natsServer>>;
let tables: Tables;
let options: Omit<NodeOptions, "node">;
const nodes = new Map<string, Child>();

async function start(node: string): Promise<void> {
  nodes.set(node, await Child.start({ ...options, node }));
}

beforeEach(async () => {
  const namespace = freshNamespace();
  nats = await natsServer();
  tables = new Tables(namespace);
  options = { namespace, nats: nats.url, services: ["tally", "west"] };
});

afterEach(async () => {
  await Promise.all([...nodes.values()].map((child) => child.end()));
  await tables.close();
  await nats.stop();
});

/** Emits EVENTS_EACH events for every key, as the tally service does; the nodes find them in the outbox. */
async function produce(): Promise<void> {
  const client = Object.assign(new pg.Client(databaseUrlOf(options.namespace, "tally")), { pipeline: true });
  await client.connect();
  const keys = Array.from({ length: KEYS }, (_, i) => `key-${i}`);
  for (let n = 1; n <= EVENTS_EACH; n++) {
    const tx = new Transaction(client, CAUSE, outboxWriter("tally@test"));
    tx.write("BEGIN");
    tx.write("INSERT INTO made SELECT key, $2 FROM unnest($1::text[]) AS key", [keys, n]);
    const type = n % 2 === 0 ? tally.events.Recounted : tally.events.Counted;
    for (const key of keys) tx.emit(type, { key, n });
    await tx.commit();
  }
  await client.end();
}

test("three nodes of one group apply every event once and in the order of its key while two of them are killed", async () => {
  await Promise.all(NODES.map(start));
  const began = performance.now();
  await produce();
  const restarts: Promise<void>[] = [];
  for (const [node, after] of [
    ["one", EVENTS / 10],
    ["two", EVENTS / 4],
  ] as const) {
    await eventually(async () => expect(await tables.count("west", "seen")).toBeGreaterThan(after), WITHIN_MS);
    await nodes.get(node)?.kill();
    restarts.push(start(node));
  }
  await tables.expectAllAppliedOnce(["west"], WITHIN_MS);
  const seconds = (performance.now() - began) / 1_000;
  await Promise.all(restarts);
  const workers = await tables.of("west").query<{ node: string }>("SELECT DISTINCT node FROM seen ORDER BY node");
  expect(workers.map(({ node }) => node)).toEqual([...NODES].sort());
  expect(await tables.count("west", "seen")).toBe(EVENTS);
  process.stdout.write(`${EVENTS} events, two of three nodes killed: ${Math.round(EVENTS / seconds)} events/s\n`);
});

import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import pg from "pg";
import { newId } from "#lib/contract/ids.ts";
import type { EventEnvelope } from "#lib/events/envelope.ts";
import { recordInInbox } from "#lib/events/inbox/inbox.ts";
import { positionOf, rewindGroup } from "#lib/events/inbox/rewind.ts";
import { outboxWriter } from "#lib/events/outbox/outbox-writer.ts";
import { migrate } from "#lib/sql/migrations.ts";
import { Transaction } from "#lib/sql/transaction.ts";
import { freshDatabase } from "#test/support/databases.ts";

const CAUSE = { correlationId: "test", causationId: "test", traceparent: null };
const LOCK_MS = 2_000;
const WAITS_MS = 100; // in which a statement that need not wait would have ended
const REWIND = { to: null, by: "test", resent: true };

let url: string;
let clients: pg.Client[] = [];

async function begin(): Promise<Transaction> {
  const client = Object.assign(new pg.Client(url), { pipeline: true });
  clients.push(client);
  await client.connect();
  const tx = new Transaction(client, CAUSE, outboxWriter("test"));
  await tx.query("BEGIN");
  return tx;
}

const newEvent = () => ({ eventId: newId("event") }) as EventEnvelope;
const groupAt = (generation: number) => ({ name: "group", position: { generation, since: null, resent: true } });

async function record(tx: Transaction, event: EventEnvelope, generation: number, lockMs = LOCK_MS): Promise<number> {
  return (await recordInInbox(tx, groupAt(generation), [event], lockMs)).length;
}

async function waits(statement: Promise<unknown>): Promise<boolean> {
  return Promise.race([statement.then(() => false), sleep(WAITS_MS, true)]);
}

beforeAll(async () => {
  url = await freshDatabase("inbox");
  await migrate(url, "/nothing");
});
beforeEach(async () => {
  const client = new pg.Client(url);
  await client.connect();
  await client.query("TRUNCATE inbox, rewind, dead_letter");
  await client.end();
});
afterEach(async () => {
  await Promise.all(clients.map((client) => client.end()));
  clients = [];
});

test("a batch that has waited for a rewind sees it: under the old position it is refused, under the new one it is applied", async () => {
  const event = newEvent();
  const before = await begin();
  expect(await record(before, event, 0)).toBe(1);
  await before.commit();

  const rewinding = await begin();
  expect(await rewindGroup(rewinding, "group", REWIND)).toBe(1);
  const [old, next] = [await begin(), await begin()];
  const refused = expect(record(old, newEvent(), 0)).rejects.toThrow("The group was rewound.");
  const applied = record(next, event, 1);
  expect(await waits(refused)).toBe(true);
  expect(await waits(applied)).toBe(true);
  await rewinding.commit();
  await refused;
  await old.query("ROLLBACK");
  expect(await applied).toBe(1);
});

test("a rewind waits for the batch that is being applied, and applies its events again", async () => {
  const [batch, rewinding] = [await begin(), await begin()];
  expect(await record(batch, newEvent(), 0)).toBe(1);
  const events = rewindGroup(rewinding, "group", REWIND);
  expect(await waits(events)).toBe(true);
  await batch.commit();
  expect(await events).toBe(1);
  await rewinding.commit();
  expect((await positionOf(await begin(), "group")).generation).toBe(1);
});

test("a batch waits for a lock as long as it is told to, from its first statement on", async () => {
  const event = newEvent();
  const [other, batch] = [await begin(), await begin()];
  expect(await record(other, event, 0)).toBe(1);
  await expect(record(batch, event, 0, 20)).rejects.toMatchObject({ code: "55P03" }); // without it, it waits for ever
  await batch.query("ROLLBACK");
  const later = await begin();
  expect(await record(later, newEvent(), 0, 20)).toBe(1);
  expect(await later.query("SHOW lock_timeout")).toEqual([{ lock_timeout: "20ms" }]);
});

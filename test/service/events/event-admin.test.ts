import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { connect } from "nats";
import { limits } from "#config/limits.ts";
import { newId } from "#lib/contract/ids.ts";
import type { EventAdmin } from "#mixins/service/event-admin.ts";
import { measure } from "#mixins/service/event-metrics.ts";
import { startBroker } from "#test/support/broker.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import { natsServer } from "#test/support/servers.ts";
import { freePort } from "#test/support/shop.ts";
import { Tables } from "./events-fixture.ts";
import { type GroupName, poisonBug, seenBy, TEST_SERVICES } from "./test-services.ts";

const META = { auth: { kind: "staff", staffId: "staff_ada", scopes: ["*"] } };

interface DeadLetter {
  eventId: string;
  error: string;
  attempts: number;
  event: { data: Record<string, unknown> };
}

describe.each(["in one process", "over JetStream"])("administering events %s", (mode) => {
  const namespace = freshNamespace();
  const tables = new Tables(namespace);
  let nats: Awaited<ReturnType<typeof natsServer>> | undefined;
  let broker: ServiceBroker;

  const call = <T>(action: string, params: object = {}) => broker.call<T, object>(action, params, { meta: META });
  const count = (key: string, times: number, trouble?: string) =>
    call("tally.count", { key, times, ...(trouble ? { trouble } : {}) });
  const seen = async (group: GroupName, key: string) => (await seenBy(tables.of(group))).get(key) ?? [];
  const deadLettersOf = async (group: GroupName) => {
    const { deadLetters } = await call<{ deadLetters: DeadLetter[] }>(`${group}.admin.deadLetters`);
    return deadLetters;
  };
  const onlyDeadLetterOf = async (group: GroupName) =>
    eventually(async () => {
      const [deadLetter, ...more] = await deadLettersOf(group);
      expect(deadLetter).toBeDefined();
      expect(more).toEqual([]);
      return deadLetter as DeadLetter;
    });
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

  /** Writes an event into the outbox, as a producer with another version of the contract would. */
  const writeEvent = async (key: string, sequence: number, version: string, data: object) => {
    await tables.of("tally").query(
      `INSERT INTO outbox (event_id, event_type, occurred_at, version, data, topic, key, sequence, correlation_id, causation_id, producer)
       VALUES ($1, 'Counted', now(), $2, $3, 'tally.events', $4, $5, 'test', 'test', 'test')`,
      [newId("event"), version, JSON.stringify({ key, ...data }), key, sequence],
    );
  };

  const start = () =>
    startBroker({
      namespace,
      services: [TEST_SERVICES.tally(), TEST_SERVICES.east(), TEST_SERVICES.west()],
      nats: nats?.url,
      settings,
    });

  let settings: Record<string, string> = {};

  beforeAll(async () => {
    settings = { METRICS_PORT: String(await freePort()) };
    nats = mode === "over JetStream" ? await natsServer() : undefined;
    broker = await start();
  });

  afterAll(async () => {
    await broker?.stop();
    await tables.close();
    await nats?.stop();
  });

  test("a dead letter is shown, stays when a retry fails, and is removed when a retry succeeds", async () => {
    poisonBug.fixed = false;
    await count("a", 1, "west:poison");
    await count("a", 2);
    await eventually(async () => expect(await seen("west", "a")).toEqual([2, 3]));
    const { eventId } = await onlyDeadLetterOf("west");
    expect(await call("west.admin.deadLetter", { eventId })).toMatchObject({
      eventType: "Counted",
      topic: "tally.events",
      key: "a",
      sequence: 1,
      attempts: limits.EVENT_ATTEMPTS,
      event: { data: { key: "a", n: 1 } },
    });
    await expect(call("west.admin.retryDeadLetter", { eventId })).rejects.toMatchObject({ type: "EVENT_NOT_APPLIED" });
    expect((await onlyDeadLetterOf("west")).attempts).toBe(limits.EVENT_ATTEMPTS + 1);
    expect(await seen("west", "a")).toEqual([2, 3]);
    poisonBug.fixed = true;
    await call("west.admin.retryDeadLetter", { eventId });
    expect(await seen("west", "a")).toEqual([2, 3, 1]); // after the newer events of its key
    expect(await deadLettersOf("west")).toEqual([]);
    await expect(call("west.admin.retryDeadLetter", { eventId })).rejects.toMatchObject({ type: "NOT_FOUND" });
  });

  test("a discarded dead letter is not listed any more, does not come back, and names who discarded it", async () => {
    await writeEvent("b", 1, "2.0", { n: 1 });
    const { eventId } = await onlyDeadLetterOf("east");
    await call("east.admin.discardDeadLetter", { eventId });
    await call("west.admin.discardDeadLetter", { eventId: (await onlyDeadLetterOf("west")).eventId });
    expect(await deadLettersOf("east")).toEqual([]);
    for (const action of ["deadLetter", "retryDeadLetter", "discardDeadLetter"])
      await expect(call(`east.admin.${action}`, { eventId })).rejects.toMatchObject({ type: "NOT_FOUND" });
    await tables.sendAgain("tally");
    await count("after", 1);
    await eventually(async () => expect(await seen("east", "after")).toEqual([1]));
    const trace = await tables.of("east").query("SELECT event_id, discarded_by FROM dead_letter");
    expect(trace).toEqual([{ event_id: eventId, discarded_by: "staff_ada" }]);
  });

  test("an event that a group cannot read is dead-lettered once, at the first attempt, and the rest of its batch is applied", async () => {
    await writeEvent("c", 1, "2.0", { n: 1 });
    await writeEvent("c", 2, "1.0", { n: "two" });
    await writeEvent("c", 3, "1.7", { n: 3, more: "a later minor version says more" });
    await count("d", 2);
    for (const group of ["east", "west"] as const) {
      await eventually(async () => expect(await seen(group, "d")).toEqual([1, 2]));
      await eventually(async () => expect(await seen(group, "c")).toEqual([3]));
      const found = await deadLettersOf(group);
      expect(
        found.map(({ error, attempts }) => ({ error, attempts })).sort((a, b) => (a.error < b.error ? -1 : 1)),
      ).toEqual([
        { error: expect.stringContaining("/n"), attempts: 1 },
        { error: "Version 2.0 is unknown here: this node knows 1.0.", attempts: 1 },
      ]);
      for (const { eventId } of found) await call(`${group}.admin.discardDeadLetter`, { eventId });
    }
  });

  if (mode === "over JetStream") {
    test("messages that are not events are dead-lettered once, with their text, and block no event", async () => {
      const connection = await connect({ servers: nats?.url ?? "" });
      const subject = `${namespace}.tally.events.3.Counted`;
      for (const body of ["{not json", "null", '{"eventId":"evt_x"}', "\0\ufffd"])
        await connection.jetstream().publish(subject, body);
      await connection.close();
      await count("e", 2);
      for (const group of ["east", "west"] as const) {
        await eventually(async () => expect(await seen(group, "e")).toEqual([1, 2]));
        const found = await eventually(async () => {
          const four = await deadLettersOf(group);
          expect(four).toHaveLength(4);
          return four;
        });
        const bodies = await Promise.all(
          found.map(
            async ({ eventId }) => (await call<DeadLetter>(`${group}.admin.deadLetter`, { eventId })).event.data.body,
          ),
        );
        expect(bodies.sort()).toEqual(["\0\ufffd", "null", '{"eventId":"evt_x"}', "{not json"]);
        const [{ eventId } = { eventId: "" }] = found;
        await expect(call(`${group}.admin.retryDeadLetter`, { eventId })).rejects.toMatchObject({
          type: "EVENT_NOT_APPLIED",
        });
        for (const deadLetter of found) await call(`${group}.admin.discardDeadLetter`, { eventId: deadLetter.eventId });
      }
    });
  }

  test("a projection that is replayed from the start has the same rows as one that is not", async () => {
    const keys = ["f", "g", "h"];
    const rows = async (group: GroupName) => {
      const all = await seenBy(tables.of(group));
      return Object.fromEntries(keys.map((key) => [key, all.get(key)]));
    };
    for (let round = 0; round < 10; round++) await Promise.all(keys.map((key) => count(key, 3)));
    const before = Object.fromEntries(keys.map((key) => [key, upTo(30)]));
    for (const group of ["east", "west"] as const)
      await eventually(async () => expect(await rows(group)).toEqual(before));
    const rewinding = call<{ events: number }>("west.admin.rewind", { to: "start" });
    await Promise.all(keys.map((key) => count(key, 2))); // new events during the rewind
    expect((await rewinding).events).toBeGreaterThanOrEqual(90);
    const after = Object.fromEntries(keys.map((key) => [key, upTo(32)]));
    await eventually(async () => expect(await rows("west")).toEqual(after));
    await eventually(async () => expect(await rows("east")).toEqual(after)); // the other group is not affected
  });

  test("a group that is rewound to a time applies again what it has applied since then, and nothing older", async () => {
    await count("i", 3);
    await eventually(async () => expect(await seen("west", "i")).toEqual([1, 2, 3]));
    const [{ now } = { now: new Date() }] = await tables
      .of("west")
      .query<{ now: Date }>("SELECT clock_timestamp() AS now");
    await new Promise((resolve) => setTimeout(resolve, 5));
    await count("i", 2);
    await eventually(async () => expect(await seen("west", "i")).toEqual([1, 2, 3, 4, 5]));
    expect(await call("west.admin.rewind", { to: now.toISOString() })).toEqual({ events: 2 });
    await eventually(async () => expect(await seen("west", "i")).toEqual([1, 2, 3, 4, 5, 4, 5]));
    await count("i", 1);
    await eventually(async () => expect(await seen("west", "i")).toEqual([1, 2, 3, 4, 5, 4, 5, 6]));
    expect(await seen("east", "i")).toEqual(upTo(6));
  });

  test("a rewind is completed although its node ends at any moment", async () => {
    await count("j", 4);
    await eventually(async () => expect(await seen("west", "j")).toEqual([1, 2, 3, 4]));
    await broker.stop();
    // This is what a rewind has committed when its node is killed right afterwards.
    const west = tables.of("west");
    await west.query("DELETE FROM inbox WHERE event_id NOT IN (SELECT event_id FROM dead_letter)");
    await west.query("DELETE FROM seen");
    await west.query(
      `INSERT INTO rewind (consumer_group, generation, since, resent, rewound_by) VALUES ('west', 1, NULL, $1, 'test')
       ON CONFLICT (consumer_group) DO UPDATE SET generation = rewind.generation + 1, since = NULL, resent = EXCLUDED.resent`,
      [mode === "over JetStream"],
    );
    broker = await start();
    await count("j", 1);
    await eventually(async () => expect(await seen("west", "j")).toEqual(upTo(5)));
    await eventually(async () => expect(await seen("west", "f")).toEqual(upTo(32)));
    expect(await seen("east", "j")).toEqual(upTo(5));
  });

  test("the state of a group shows its lag and its dead letters", async () => {
    const state = () => call<object>("west.admin.backbone");
    const settled = { lag: 0, oldestUnsentSeconds: 0, alarms: {} };
    const { deadLetters } = await eventually(async () => {
      const now = await call<{ deadLetters: number }>("west.admin.backbone");
      expect(now).toMatchObject(settled);
      return now;
    });
    await count("k", 1, "west:twice");
    await eventually(async () => expect(await state()).toMatchObject({ lag: 1 }));
    await writeEvent("k", 2, "2.0", { n: 2 });
    await eventually(async () => expect(await state()).toEqual({ ...settled, deadLetters: deadLetters + 1 }));

    const west = broker.getLocalService("west") as unknown as { eventAdmin: EventAdmin };
    await measure(broker, west.eventAdmin);
    const metric = (name: string) =>
      broker.metrics.getMetric(`tradepost.events.${name}`)?.get({ group: "west" })?.value;
    expect(metric("lag")).toBe(0);
    expect(metric("dead_letters")).toBe(deadLetters + 1);
    expect(metric("retried.total")).toBe(2);
    expect(metric("dead_lettered.total")).toBe(1); // since this node started
  });
});

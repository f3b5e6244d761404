import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { limits } from "#config/limits.ts";
import { PostgresOutboxStore } from "#lib/events/outbox/outbox-store.ts";
import { startBroker } from "#test/support/broker.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import { natsServer } from "#test/support/servers.ts";
import { Tables } from "./events-fixture.ts";
import { seenBy, TEST_SERVICES } from "./test-services.ts";

const META = { auth: { kind: "service", service: "test" } };

describe.each([
  ["in one process", "schemas"],
  ["in one process", "databases"],
  ["over JetStream", "schemas"],
] as const)("events, %s, of services in %s,", (mode, layout) => {
  const namespace = freshNamespace();
  const tables = new Tables(namespace, layout);
  let nats: Awaited<ReturnType<typeof natsServer>> | undefined;
  let broker: ServiceBroker;

  const count = (key: string, times: number, options: { trouble?: string; fails?: boolean } = {}) =>
    broker.call("tally.count", { key, times, ...options }, { meta: META });
  const seen = async (group: "east" | "west", key: string) => (await seenBy(tables.of(group))).get(key) ?? [];
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

  beforeAll(async () => {
    nats = mode === "over JetStream" ? await natsServer() : undefined;
    const services = [TEST_SERVICES.tally(), TEST_SERVICES.east(), TEST_SERVICES.west()];
    broker = await startBroker({
      namespace,
      services,
      nats: nats?.url,
      settings: { DATABASE_LAYOUT: layout },
    });
  });

  afterAll(async () => {
    await broker?.stop();
    await tables.close();
    await nats?.stop();
  });

  test("are published when their transaction commits, and only then", async () => {
    await count("a", 3);
    await expect(count("a", 5, { fails: true })).rejects.toThrow("the test made it fail");
    await count("a", 2);
    for (const group of ["east", "west"] as const) {
      await eventually(async () => expect(await seen(group, "a")).toEqual(upTo(5)));
    }
    expect(await tables.count("tally", "outbox WHERE key = 'a'")).toBe(5);
  });

  test("reach each group in the order of their key and without gaps, even when many are written at once", async () => {
    const keys = ["b", "c", "d", "e"];
    await Promise.all(Array.from({ length: 60 }, (_, i) => count(keys[i % keys.length] ?? "", 5)));
    await tables.expectAllAppliedOnce(["east", "west"]);
    expect(await seen("west", "c")).toEqual(upTo(75));
  });

  test("are applied once, even when they are delivered several times", async () => {
    const before = [await seenBy(tables.of("east")), await seenBy(tables.of("west"))];
    await tables.sendAgain("tally");
    await eventually(async () => expect(await tables.unsent("tally")).toBe(0));
    await count("after", 1); // a later event is applied after the duplicates
    await eventually(async () => expect(await seen("west", "after")).toEqual([1]));
    before[0]?.set("after", [1]);
    before[1]?.set("after", [1]);
    expect([await seenBy(tables.of("east")), await seenBy(tables.of("west"))]).toEqual(before);
  });

  test("are tried again when they fail, before later events of their key and while other keys go on", async () => {
    await count("f", 1, { trouble: "east:twice" });
    await Promise.all([count("f", 2), count("g", 2)]);
    await eventually(async () => expect(await seen("east", "g")).toEqual([1, 2]));
    expect(await seen("east", "f")).toEqual([]);
    await eventually(async () => expect(await seen("east", "f")).toEqual([1, 2, 3]));
    expect(await seen("west", "f")).toEqual([1, 2, 3]);
  });

  test("are dead-lettered when they always fail, and then later events of their key go on", async () => {
    await count("h", 1);
    await Promise.all([count("h", 1, { trouble: "west:poison" }), count("i", 1)]);
    await count("h", 2);
    await eventually(async () => expect(await seen("west", "h")).toEqual([1, 3, 4]));
    expect(await seen("east", "h")).toEqual([1, 2, 3, 4]);
    const dead = await tables.of("west").query("SELECT envelope, error, attempts FROM dead_letter");
    expect(dead).toEqual([
      {
        envelope: expect.objectContaining({ eventType: "Recounted", key: "h", sequence: 2, topic: "tally.events" }),
        error: expect.stringContaining("poison: the test made it fail"),
        attempts: limits.EVENT_ATTEMPTS,
      },
    ]);
    expect(await tables.count("east", "dead_letter")).toBe(0);
    await eventually(async () => expect(await tables.unsent("tally")).toBe(0));
  });

  if (mode === "in one process") {
    test("of one transaction are applied in one transaction", async () => {
      await count("k", 6);
      for (const group of ["east", "west"] as const) {
        await eventually(async () => expect(await seen(group, "k")).toEqual(upTo(6)));
        const [row] = await tables
          .of(group)
          .query("SELECT count(DISTINCT xmin::text)::int AS transactions FROM seen WHERE event_key = 'k'");
        expect(row).toEqual({ transactions: 1 });
      }
    });

    test("of a commit of this node are sent without being read from the outbox", async () => {
      await eventually(async () => expect(await tables.unsent("tally")).toBe(0));
      const read = jest.spyOn(PostgresOutboxStore.prototype, "read");
      for (let n = 0; n < 30; n++) await count("l", 1);
      await eventually(async () => expect(await seen("west", "l")).toEqual(upTo(30)));
      expect(read.mock.calls.length).toBeLessThan(15); // polls
      read.mockRestore();
    });
  }

  test("carry the ids of their request and the name of their producer", async () => {
    await broker.call(
      "tally.count",
      { key: "j", times: 1 },
      { meta: { ...META, correlationId: "request-1", traceparent: "00-1-2-01" } },
    );
    const [row] = await tables.of("tally").query("SELECT * FROM outbox WHERE key = 'j'");
    expect(row).toMatchObject({
      correlation_id: "request-1",
      causation_id: "request-1",
      traceparent: "00-1-2-01",
      producer: `tally@${broker.nodeID}`,
    });
  });
});

import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { armFailPoints, FailPoints } from "#lib/fault-injection/fail-points.ts";
import { failPointsOfSchema } from "#mixins/service/fail-point-list.ts";
import { startBroker } from "#test/support/broker.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import { natsServer } from "#test/support/servers.ts";
import { Child, Tables } from "./events-fixture.ts";
import { PARTS, seenBy } from "./test-services.ts";

const META = { auth: { kind: "service", service: "test" } };

let namespace: string;
let tables: Tables;
let nats: Awaited<ReturnType<typeof natsServer>> | undefined;
let broker: ServiceBroker | undefined;

async function start(...failpoints: string[]): Promise<void> {
  const services = [PARTS.tally(), PARTS.east(), PARTS.west()];
  armFailPoints(new FailPoints(failpoints.join(), services.flatMap(failPointsOfSchema)));
  broker = await startBroker({ namespace, services, nats: nats?.url });
}

const count = (key: string, times: number) => broker?.call("tally.count", { key, times }, { meta: META });

async function deadIn(group: "east" | "west"): Promise<string[]> {
  const dead = await tables.of(group).query<{ type: string }>("SELECT envelope->>'eventType' AS type FROM dead_letter");
  return dead.map(({ type }) => type);
}

beforeEach(() => {
  namespace = freshNamespace();
  tables = new Tables(namespace);
});

afterEach(async () => {
  armFailPoints(undefined);
  await broker?.stop();
  broker = undefined;
  await tables.close();
  await nats?.stop();
  nats = undefined;
});

test.each(["in one process", "over JetStream"])(
  "each step may fail once, %s: every event is applied once",
  async (mode) => {
    if (mode === "over JetStream") nats = await natsServer();
    await start(
      "tally.count.before-commit:throw*1",
      "tally.count.after-commit:throw*1",
      "tally.Counted.before-publish:throw*1",
      "tally.Counted.after-publish:throw*1",
      "east.Counted.before-inbox:throw*1",
      "east.Counted.after-inbox:throw*1",
      "west.Counted.before-commit:throw*1",
      "west.Counted.after-commit:throw*1",
      "west.Recounted.before-ack:throw*1",
      "west.Recounted.after-ack:throw*1",
    );
    await expect(count("a", 1)).rejects.toThrow("tally.count.before-commit");
    expect(await tables.count("tally", "made")).toBe(0);
    expect(await tables.count("tally", "outbox")).toBe(0);
    await expect(count("a", 1)).rejects.toThrow("tally.count.after-commit"); // nobody tells the relay
    expect(await tables.count("tally", "made")).toBe(1);
    await Promise.all(["a", "b", "c"].map((key) => count(key, 4)));
    await tables.expectAllAppliedOnce(["east", "west"]);
    for (const group of ["east", "west"] as const) expect(await deadIn(group)).toEqual([]);
  },
);

test("what always fails is dead-lettered before its commit, and applied once it is committed", async () => {
  await start("east.Counted.before-commit:throw", "west.Counted.after-commit:throw");
  await count("a", 1);
  await eventually(async () => expect(await tables.count("tally", "outbox WHERE sent_at IS NULL")).toBe(0));
  expect(await deadIn("east")).toEqual(["Counted"]);
  expect(await seenBy(tables.of("east"))).toEqual(new Map());
  expect(await deadIn("west")).toEqual([]);
  expect(await seenBy(tables.of("west"))).toEqual(new Map([["a", [1]]]));
});

test("a node killed at its fail points, one life after the other, loses nothing and does nothing twice", async () => {
  nats = await natsServer();
  const node = { namespace, node: "one", nats: nats.url, parts: ["tally", "east"] as const };
  for (const point of [
    "tally.count.before-commit",
    "tally.Counted.after-publish",
    "east.Counted.before-commit",
    "east.Counted.after-commit",
    "east.Counted.after-ack",
  ]) {
    const said = await Child.lifeOf({ ...node, produces: true, failpoint: `${point}:kill` });
    expect(said).toBe(`fail point ${point}: kill\n`);
  }
  const last = await Child.start(node);
  await tables.expectAllAppliedOnce(["east"]);
  expect(await last.end()).toBe(0);
});

test("a group that hangs keeps nobody else from going on", async () => {
  nats = await natsServer();
  const node = { namespace, nats: nats.url, parts: ["tally", "east", "west"] as const };
  const failpoint = "east.Counted.before-commit:hang";
  const hanging = await Child.start({ ...node, node: "hanging", failpoint, produces: true });
  await eventually(async () => expect(await tables.count("west", "seen")).toBeGreaterThan(100));
  expect(await tables.count("east", "seen")).toBe(0);
  await hanging.rest();
  await hanging.kill(); // it would not stop by itself
  const next = await Child.start({ ...node, node: "next" });
  await tables.expectAllAppliedOnce(["east", "west"]);
  expect(await next.end()).toBe(0);
});

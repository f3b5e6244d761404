import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import { armFailPoints, FailPoints } from "#lib/fault-injection/fail-points.ts";
import { failPointsOfSchema } from "#mixins/service/fail-point-list.ts";
import { startBroker } from "#test/support/broker.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import { natsServer } from "#test/support/servers.ts";
import { Child, Tables } from "./events-fixture.ts";
import { seenBy, TEST_SERVICES } from "./test-services.ts";

const META = { auth: { kind: "service", service: "test" } };

let namespace: string;
let tables: Tables;
let nats: Awaited<ReturnType<typeof natsServer>> | undefined;
let broker: ServiceBroker | undefined;

async function start(...failpoints: string[]): Promise<void> {
  const services = [TEST_SERVICES.tally(), TEST_SERVICES.east(), TEST_SERVICES.west()];
  armFailPoints(new FailPoints(failpoints.join(), services.flatMap(failPointsOfSchema)));
  broker = await startBroker({ namespace, services, nats: nats?.url });
}

const count = (key: string, times: number) => broker?.call("tally.count", { key, times }, { meta: META });

async function deadLetterTypes(group: "east" | "west"): Promise<string[]> {
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
  "every event is applied once although each step fails once, %s",
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
    await expect(count("a", 1)).rejects.toThrow("tally.count.after-commit"); // the relay is not nudged
    expect(await tables.count("tally", "made")).toBe(1);
    await Promise.all(["a", "b", "c"].map((key) => count(key, 4)));
    await tables.expectAllAppliedOnce(["east", "west"]);
    for (const group of ["east", "west"] as const) expect(await deadLetterTypes(group)).toEqual([]);
  },
);

test("an event that always fails before its commit is dead-lettered, and one that always fails after it is applied once", async () => {
  await start("east.Counted.before-commit:throw", "west.Counted.after-commit:throw");
  await count("a", 1);
  await eventually(async () => expect(await tables.unsent("tally")).toBe(0));
  expect(await deadLetterTypes("east")).toEqual(["Counted"]);
  expect(await seenBy(tables.of("east"))).toEqual(new Map());
  expect(await deadLetterTypes("west")).toEqual([]);
  expect(await seenBy(tables.of("west"))).toEqual(new Map([["a", [1]]]));
});

test.each([
  "tally.count.before-commit",
  "tally.Counted.after-publish",
  "east.Counted.before-commit",
  "east.Counted.after-commit",
  "east.Counted.after-ack",
])("a node that is killed at %s loses no event and applies none twice", async (point) => {
  nats = await natsServer();
  const node = { namespace, node: "one", nats: nats.url, services: ["tally", "east"] as const };
  const stderr = await Child.untilKilled({ ...node, produces: true, failpoint: `${point}:kill` });
  expect(stderr).toBe(`fail point ${point}: kill\n`);
  const last = await Child.start(node);
  await tables.expectAllAppliedOnce(["east"]);
  expect(await last.end()).toBe(0);
});

test("a group that hangs does not hold up other groups", async () => {
  nats = await natsServer();
  const node = { namespace, nats: nats.url, services: ["tally", "east", "west"] as const };
  const failpoint = "east.Counted.before-commit:hang";
  const hanging = await Child.start({ ...node, node: "hanging", failpoint, produces: true });
  await eventually(async () => expect(await tables.count("west", "seen")).toBeGreaterThan(100));
  expect(await tables.count("east", "seen")).toBe(0);
  await hanging.pause();
  await hanging.kill(); // a graceful stop would wait for the hanging consumer
  const next = await Child.start({ ...node, node: "next" });
  await tables.expectAllAppliedOnce(["east", "west"]);
  expect(await next.end()).toBe(0);
});

import { execFile } from "node:child_process";
import { cp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { connect, type JetStreamManager } from "nats";
import { startBroker } from "#test/support/broker.ts";
import { freshNamespace } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import { natsServer, postgresUrl } from "#test/support/servers.ts";
import type { NodeOptions } from "./child-process.ts";
import { Child, Tables } from "./events-fixture.ts";
import { TEST_SERVICES } from "./test-services.ts";

const run = promisify(execFile);
const PAUSE_MS = 400;

let namespace: string;
let tables: Tables;
const children: Child[] = [];

const randomPause = () => sleep(PAUSE_MS * (0.5 + Math.random()));

async function start(options: Omit<NodeOptions, "namespace">): Promise<Child> {
  const child = await Child.start({ namespace, ...options });
  children.push(child);
  return child;
}

let nats: Awaited<ReturnType<typeof natsServer>>;

beforeEach(async () => {
  namespace = freshNamespace();
  tables = new Tables(namespace);
  nats = await natsServer({ own: true });
});

afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.end()));
  await tables.close();
  await nats.stop();
});

test("nodes survive restarts of the broker, and the loss of every database connection", async () => {
  const producer = await start({ node: "producer", nats: nats.url, services: ["tally", "east"], produces: true });
  const consumer = await start({ node: "consumer", nats: nats.url, services: ["east", "west"] });
  for (const service of ["tally", "east"]) {
    await randomPause();
    await nats.kill();
    await sleep(PAUSE_MS);
    await nats.start();
    await randomPause();
    await tables.cutConnections(service);
  }
  await randomPause();
  await producer.pause();
  await tables.expectAllAppliedOnce(["east", "west"]);
  for (const child of [producer, consumer]) expect(await child.end()).toBe(0);
});

/** The nodes that have applied events of a group later than its first `since` ones. */
async function workers(group: "east" | "west", since: number): Promise<string[]> {
  const rows = await tables
    .of(group)
    .query<{ node: string }>("SELECT DISTINCT node FROM seen WHERE place > $1 ORDER BY node", [since]);
  return rows.map(({ node }) => node);
}

test("nodes of one group share its partitions, and take over from one that is killed", async () => {
  const two = { nats: nats.url, services: ["tally", "east", "west"] as const };
  const one = await start({ ...two, node: "one", produces: true });
  const other = await start({ ...two, node: "other" });
  for (const group of ["east", "west"] as const) {
    await eventually(async () => expect(await workers(group, 0)).toEqual(["one", "other"]));
  }
  await other.kill();
  const killedAt = await tables.count("east", "seen");
  await eventually(async () => expect(await workers("east", killedAt + 200)).toEqual(["one"]));
  await one.pause();
  await tables.expectAllAppliedOnce(["east", "west"]);
});

test("a node that joins a group gets its share of the partitions, and hands it over when it stops", async () => {
  const two = { nats: nats.url, services: ["tally", "east", "west"] as const };
  const one = await start({ ...two, node: "one", produces: true });
  await eventually(async () => expect(await workers("east", 0)).toEqual(["one"]));
  const other = await start({ ...two, node: "other" });
  await eventually(async () => expect(await workers("east", 0)).toEqual(["one", "other"]));
  expect(await other.end()).toBe(0);
  await randomPause();
  await one.pause();
  await tables.expectAllAppliedOnce(["east", "west"]);
});

test("a group that is rewound on one node begins again on all nodes, in order, while events are produced", async () => {
  const two = { nats: nats.url, services: ["tally", "west"] as const };
  const one = await start({ ...two, node: "one", produces: true });
  await start({ ...two, node: "other" });
  const broker = await startBroker({ namespace, services: [TEST_SERVICES.west()], nats: nats.url, node: "third" });
  try {
    await randomPause();
    await broker.call("west.admin.rewind", { to: "start" }, { meta: { auth: { kind: "service", service: "test" } } });
    await randomPause();
    await broker.call("west.admin.rewind", { to: "start" }, { meta: { auth: { kind: "service", service: "test" } } });
    await randomPause();
    await one.pause();
    await tables.expectAllAppliedOnce(["west"]);
  } finally {
    await broker.stop();
  }
});

test("a stream that is deleted while nodes run is made again, with its history and in order", async () => {
  const node = await start({ node: "one", nats: nats.url, services: ["tally", "east"], produces: true });
  await randomPause();
  await onStreams((manager) => manager.streams.delete(`${namespace}-tally-events`));
  await randomPause();
  await node.pause();
  await tables.expectAllAppliedOnce(["east"]);
  await onStreams((manager) => manager.streams.delete(`${namespace}-tally-events`)); // while nothing is published
  await start({ node: "new", nats: nats.url, services: ["west"] });
  await tables.expectAllAppliedOnce(["east", "west"], 25_000);
  node.expectAlive();
});

test("events that a stream lost unnoticed are published again by events:rebuild", async () => {
  const node = await start({ node: "one", nats: nats.url, services: ["tally", "east"], produces: true });
  await randomPause();
  await node.pause();
  await tables.expectAllAppliedOnce(["east"]);
  // It stays the same stream, without its messages; after a restart it does not remember their ids.
  await onStreams((manager) => manager.streams.purge(`${namespace}-tally-events`));
  await nats.kill();
  await nats.start();
  await start({ node: "new", nats: nats.url, services: ["west"] });
  const total = await tables.count("tally", "outbox");
  expect(await rebuild("--minutes", "5")).toContain(`${total} events`);
  await tables.expectAllAppliedOnce(["east", "west"]);
  await expect(rebuild("--minutes", "never")).rejects.toThrow("Use: npm run events:rebuild");
});

test("events that a server lost in a power cut are published again by the relay that had published them", async () => {
  const node = await start({ node: "one", nats: nats.url, services: ["tally"], produces: true });
  await randomPause();
  await nats.kill();
  const synced = `${nats.storeDir}-synced`;
  await cp(nats.storeDir ?? "", synced, { recursive: true });
  await nats.start();
  await randomPause();
  await node.pause();
  await eventually(async () => expect(await tables.unsent("tally")).toBe(0));
  await nats.kill();
  await rm(nats.storeDir ?? "", { recursive: true });
  await rename(synced, nats.storeDir ?? "");
  await nats.start();
  await start({ node: "new", nats: nats.url, services: ["east"] });
  await tables.expectAllAppliedOnce(["east"], 25_000);
});

async function rebuild(...args: string[]): Promise<string> {
  const env = { PATH: process.env.PATH, DATABASE_URL: postgresUrl(), NAMESPACE: namespace };
  const { stdout } = await run(
    process.execPath,
    [join(import.meta.dirname, "../../../tools/events-rebuild.ts"), ...args],
    { env },
  );
  return stdout;
}

async function onStreams(work: (manager: JetStreamManager) => Promise<unknown>): Promise<void> {
  const connection = await connect({ servers: nats.url });
  await work(await connection.jetstreamManager());
  await connection.close();
}

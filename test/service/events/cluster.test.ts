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
import type { NodeOrders } from "./child-process.ts";
import { Child, Tables } from "./events-fixture.ts";
import { PARTS } from "./test-services.ts";

const run = promisify(execFile);
const A_WHILE_MS = 400;

let namespace: string;
let tables: Tables;
const children: Child[] = [];

const aWhile = () => sleep(A_WHILE_MS * (0.5 + Math.random()));

async function start(orders: Omit<NodeOrders, "namespace">): Promise<Child> {
  const child = await Child.start({ namespace, ...orders });
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

test("nodes outlive the server, and the loss of every connection to their databases", async () => {
  const maker = await start({ node: "maker", nats: nats.url, parts: ["tally", "east"], produces: true });
  const taker = await start({ node: "taker", nats: nats.url, parts: ["east", "west"] });
  for (const service of ["tally", "east"]) {
    await aWhile();
    await nats.kill();
    await sleep(A_WHILE_MS);
    await nats.start();
    await aWhile();
    await tables.cutConnections(service);
  }
  await aWhile();
  await maker.rest();
  await tables.expectAllAppliedOnce(["east", "west"]);
  for (const child of [maker, taker]) expect(await child.end()).toBe(0);
});

test("nodes of one group share its partitions, and take over from one that is killed", async () => {
  const two = { nats: nats.url, parts: ["tally", "east", "west"] as const };
  const one = await start({ ...two, node: "one", produces: true });
  const other = await start({ ...two, node: "other" });
  const workers = async (group: "east" | "west", since: number) => {
    const rows = await tables
      .of(group)
      .query<{ node: string }>("SELECT DISTINCT node FROM seen WHERE place > $1 ORDER BY node", [since]);
    return rows.map(({ node }) => node);
  };
  for (const group of ["east", "west"] as const) {
    await eventually(async () => expect(await workers(group, 0)).toEqual(["one", "other"]));
  }
  await other.kill();
  const killedAt = await tables.count("east", "seen");
  await eventually(async () => expect(await workers("east", killedAt + 200)).toEqual(["one"]));
  const third = await start({ ...two, node: "third" });
  await eventually(async () => expect(await workers("east", killedAt + 200)).toEqual(["one", "third"]));
  expect(await third.end()).toBe(0); // a graceful hand-over
  await aWhile();
  await one.rest();
  await tables.expectAllAppliedOnce(["east", "west"]);
});

test("a group rewound on one node begins anew on all of them, in order, while life goes on", async () => {
  const two = { nats: nats.url, parts: ["tally", "west"] as const };
  const one = await start({ ...two, node: "one", produces: true });
  await start({ ...two, node: "other" });
  const broker = await startBroker({ namespace, services: [PARTS.west()], nats: nats.url, node: "third" });
  try {
    await aWhile();
    await broker.call("west.admin.rewind", { to: "start" }, { meta: { auth: { kind: "service", service: "test" } } });
    await aWhile();
    await broker.call("west.admin.rewind", { to: "start" }, { meta: { auth: { kind: "service", service: "test" } } });
    await aWhile();
    await one.rest();
    await tables.expectAllAppliedOnce(["west"]);
  } finally {
    await broker.stop();
  }
});

test("a stream deleted under its nodes comes back, with its history and in order", async () => {
  const node = await start({ node: "one", nats: nats.url, parts: ["tally", "east"], produces: true });
  await aWhile();
  await onStreams((manager) => manager.streams.delete(`${namespace}-tally-events`));
  await aWhile();
  await node.rest();
  await tables.expectAllAppliedOnce(["east"]);
  await onStreams((manager) => manager.streams.delete(`${namespace}-tally-events`)); // while nothing is sent
  await start({ node: "new", nats: nats.url, parts: ["west"] });
  await tables.expectAllAppliedOnce(["east", "west"], 25_000);
  node.expectAlive();
});

test("what a stream lost without anybody noticing is published again on demand", async () => {
  const node = await start({ node: "one", nats: nats.url, parts: ["tally", "east"], produces: true });
  await aWhile();
  await node.rest();
  await tables.expectAllAppliedOnce(["east"]);
  // The same stream, without its messages; a restart has it forget which it knew.
  await onStreams((manager) => manager.streams.purge(`${namespace}-tally-events`));
  await nats.kill();
  await nats.start();
  await start({ node: "new", nats: nats.url, parts: ["west"] });
  const total = await tables.count("tally", "outbox");
  expect(await rebuild("--minutes", "5")).toContain(`${total} events`);
  await tables.expectAllAppliedOnce(["east", "west"]);
  await expect(rebuild("--minutes", "never")).rejects.toThrow("Use: npm run events:rebuild");
});

test("what a server lost with its power is published again by the relay that knows of it", async () => {
  const node = await start({ node: "one", nats: nats.url, parts: ["tally"], produces: true });
  await aWhile();
  await nats.kill();
  const synced = `${nats.storeDir}-synced`;
  await cp(nats.storeDir ?? "", synced, { recursive: true });
  await nats.start();
  await aWhile();
  await node.rest();
  await eventually(async () => expect(await tables.count("tally", "outbox WHERE sent_at IS NULL")).toBe(0));
  await nats.kill();
  await rm(nats.storeDir ?? "", { recursive: true });
  await rename(synced, nats.storeDir ?? "");
  await nats.start();
  await start({ node: "new", nats: nats.url, parts: ["east"] });
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

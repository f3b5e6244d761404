import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { connect } from "nats";
import { eventually, freshNamespace } from "../../support/scratch-node.ts";
import { natsServer } from "../../support/servers.ts";
import { Child, Tables } from "./child.ts";
import type { NodeOrders } from "./node.ts";

const LIVES = 4;
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

beforeEach(() => {
  namespace = freshNamespace();
  tables = new Tables(namespace);
});

afterEach(async () => {
  await Promise.all(children.splice(0).map((child) => child.end()));
  await tables.close();
});

describe("in one process", () => {
  const whole = { node: "whole", parts: ["tally", "east", "west"] as const };

  test("a node killed again and again loses nothing and does nothing twice", async () => {
    for (let life = 0; life < LIVES; life++) {
      const child = await start({ ...whole, produces: true });
      await aWhile();
      await child.kill();
    }
    const last = await start(whole);
    await tables.expectAllAppliedOnce(["east", "west"]);
    expect(await last.end()).toBe(0);
  });

  test("a node outlives the loss of every connection to its databases", async () => {
    const child = await start({ ...whole, produces: true });
    for (const service of ["tally", "east", "west", "tally", "east"]) {
      await sleep(A_WHILE_MS / 2);
      await tables.cutConnections(service);
    }
    await aWhile();
    child.expectAlive();
    await child.rest();
    await tables.expectAllAppliedOnce(["east", "west"]);
    expect(await child.end()).toBe(0);
  });
});

describe("over JetStream", () => {
  let nats: Awaited<ReturnType<typeof natsServer>>;

  beforeEach(async () => {
    nats = await natsServer({ own: true });
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => child.end()));
    await nats.stop();
  });

  test("a node killed again and again loses nothing and does nothing twice", async () => {
    const whole = { node: "whole", nats: nats.url, parts: ["tally", "east", "west"] as const };
    for (let life = 0; life < LIVES; life++) {
      const child = await start({ ...whole, produces: true });
      await aWhile();
      await child.kill();
    }
    const last = await start(whole);
    await tables.expectAllAppliedOnce(["east", "west"]);
    expect(await last.end()).toBe(0);
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
    await eventually(async () => expect(await workers("east", killedAt + 500)).toEqual(["one"]));
    const third = await start({ ...two, node: "third" });
    await eventually(async () => expect(await workers("east", killedAt + 500)).toEqual(["one", "third"]));
    expect(await third.end()).toBe(0); // a graceful hand-over
    await aWhile();
    await one.rest();
    await tables.expectAllAppliedOnce(["east", "west"]);
  });

  test("a stream deleted under its nodes comes back, with its history and in order", async () => {
    const node = await start({ node: "one", nats: nats.url, parts: ["tally", "east"], produces: true });
    await aWhile();
    await deleteStream(nats.url, `${namespace}-tally-events`);
    await aWhile();
    await node.rest();
    await tables.expectAllAppliedOnce(["east"]);
    await deleteStream(nats.url, `${namespace}-tally-events`); // while nothing is sent
    await start({ node: "new", nats: nats.url, parts: ["west"] });
    await tables.expectAllAppliedOnce(["east", "west"], 25_000);
    node.expectAlive();
  });
});

async function deleteStream(url: string, name: string): Promise<void> {
  const connection = await connect({ servers: url });
  const manager = await connection.jetstreamManager();
  expect(await manager.streams.delete(name)).toBe(true);
  await connection.close();
}

import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { freshNamespace } from "#test/support/databases.ts";
import { natsServer } from "#test/support/servers.ts";
import type { NodeOrders } from "./child-process.ts";
import { Child, Tables } from "./events-fixture.ts";

const LIVES = 3;
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

describe.each(["in one process", "over JetStream"])("a node, %s,", (mode) => {
  let nats: Awaited<ReturnType<typeof natsServer>> | undefined;
  const whole = () => ({
    node: "whole",
    parts: ["tally", "east", "west"] as const,
    ...(nats ? { nats: nats.url } : {}),
  });

  beforeEach(async () => {
    nats = mode === "over JetStream" ? await natsServer() : undefined;
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => child.end()));
    await nats?.stop();
  });

  test("killed again and again, loses nothing and does nothing twice", async () => {
    for (let life = 0; life < LIVES; life++) {
      const child = await start({ ...whole(), produces: true });
      await aWhile();
      await child.kill();
    }
    const last = await start(whole());
    await tables.expectAllAppliedOnce(["east", "west"]);
    expect(await last.end()).toBe(0);
  });

  test("outlives the loss of every connection to its databases", async () => {
    const child = await start({ ...whole(), produces: true });
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

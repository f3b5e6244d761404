import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { freshNamespace } from "#test/support/databases.ts";
import { natsServer } from "#test/support/servers.ts";
import type { NodeOptions } from "./child-process.ts";
import { Child, Tables } from "./events-fixture.ts";

const CRASHES = 3;
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
  const allServices = () => ({
    node: "single",
    services: ["tally", "east", "west"] as const,
    ...(nats ? { nats: nats.url } : {}),
  });

  beforeEach(async () => {
    nats = mode === "over JetStream" ? await natsServer() : undefined;
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => child.end()));
    await nats?.stop();
  });

  test("loses no event and applies none twice when it is killed again and again", async () => {
    for (let crash = 0; crash < CRASHES; crash++) {
      const child = await start({ ...allServices(), produces: true });
      await randomPause();
      await child.kill();
    }
    const last = await start(allServices());
    await tables.expectAllAppliedOnce(["east", "west"]);
    expect(await last.end()).toBe(0);
  });

  test("survives the loss of every connection to its databases", async () => {
    const child = await start({ ...allServices(), produces: true });
    for (const service of ["tally", "east", "west", "tally", "east"]) {
      await sleep(PAUSE_MS / 2);
      await tables.cutConnections(service);
    }
    await randomPause();
    child.expectAlive();
    await child.pause();
    await tables.expectAllAppliedOnce(["east", "west"]);
    expect(await child.end()).toBe(0);
  });
});

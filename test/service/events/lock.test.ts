import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { AdvisoryLocks } from "#lib/sql/lock-keeper.ts";
import { freshDatabase } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";

let url: string;
let admin: pg.Client;
const keepers: AdvisoryLocks[] = [];

/** One who wants names, and writes down what becomes of them. */
class Hopeful {
  readonly keeper = new AdvisoryLocks(url);
  readonly heard: string[] = [];

  constructor() {
    keepers.push(this.keeper);
  }

  want(name: string): void {
    this.keeper.want(name, {
      onAcquired: () => this.heard.push(`got ${name}`),
      onLost: () => this.heard.push(`lost ${name}`),
    });
  }
}

async function cutLocks(): Promise<void> {
  await admin.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'locks'",
  );
}

async function locksHeld(): Promise<number> {
  const { rows } = await admin.query(
    "SELECT count(*)::int AS count FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
  );
  return rows[0].count;
}

beforeAll(async () => {
  url = await freshDatabase("locks");
});

beforeEach(async () => {
  admin = new pg.Client({ connectionString: url });
  await admin.connect();
});

afterEach(async () => {
  await Promise.all(keepers.splice(0).map((keeper) => keeper.close()));
  expect(await locksHeld()).toBe(0);
  await admin.end();
});

describe("a name", () => {
  test("is held by one at a time, and passes to another when it is released", async () => {
    const [one, two] = [new Hopeful(), new Hopeful()];
    one.want("a");
    await eventually(() => expect(one.heard).toEqual(["got a"]));
    two.want("a");
    two.want("b");
    await eventually(() => expect(two.heard).toEqual(["got b"]));
    expect([one.keeper.holds("a"), two.keeper.holds("a")]).toEqual([true, false]);
    await one.keeper.release("a");
    await eventually(() => expect(two.heard).toEqual(["got b", "got a"]));
    expect(one.heard).toEqual(["got a"]); // whoever releases knows
  });

  test("is lost with the connection, and pursued until it is held again", async () => {
    const one = new Hopeful();
    one.want("a");
    one.want("b");
    await eventually(() => expect(one.heard).toEqual(["got a", "got b"]));
    await cutLocks();
    await eventually(() => expect(one.heard.slice(2)).toEqual(["lost a", "lost b"]), 500);
    expect(one.keeper.holds("a")).toBe(false);
    await eventually(() => expect(one.heard.slice(4)).toEqual(["got a", "got b"]));
    expect(await locksHeld()).toBe(2);
  });

  test("wanted again while it is being released is held in the end, and once", async () => {
    const one = new Hopeful();
    for (let i = 0; i < 5; i++) {
      one.want("a");
      if (i % 2 === 0) await eventually(() => expect(one.keeper.holds("a")).toBe(true));
      const released = one.keeper.release("a");
      one.want("a");
      await released;
      await eventually(() => expect(one.keeper.holds("a")).toBe(true));
      expect(await locksHeld()).toBe(1);
      await one.keeper.release("a");
      expect(await locksHeld()).toBe(0); // taken once, so freed at once
    }
  });

  test("released before it was got is not kept", async () => {
    const one = new Hopeful();
    one.want("a");
    await eventually(() => expect(one.heard).toEqual(["got a"]));
    one.want("b"); // asked for at once, on the connection that is there
    await one.keeper.release("b");
    await sleep(100);
    expect(await locksHeld()).toBe(1);
    expect(one.heard).toEqual(["got a"]);
  });

  test("is not taken any more after a freeze, and those held stay", async () => {
    const [one, two] = [new Hopeful(), new Hopeful()];
    one.want("a");
    two.want("b");
    await eventually(() => expect([...one.heard, ...two.heard]).toEqual(["got a", "got b"]));
    await one.keeper.freeze();
    one.want("c");
    one.want("b");
    await two.keeper.release("b");
    await sleep(1_200); // more than a round
    expect(one.heard).toEqual(["got a"]);
    expect(one.keeper.holds("a")).toBe(true);
    await one.keeper.close();
    expect(await locksHeld()).toBe(0);
  });
});

test("a server that does not answer is no reason to fail", async () => {
  const nowhere = new AdvisoryLocks("postgres://postgres@127.0.0.1:1/postgres");
  keepers.push(nowhere);
  nowhere.want("a", { onAcquired: () => {}, onLost: () => {} });
  await sleep(50);
  await nowhere.release("a");
  expect(nowhere.holds("a")).toBe(false);
});

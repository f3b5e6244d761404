import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { AdvisoryLocks } from "#lib/sql/advisory-locks.ts";
import { freshDatabase } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";

const LONGER_THAN_A_ROUND_MS = 1_200;

let url: string;
let admin: pg.Client;
const opened: AdvisoryLocks[] = [];

/** A process that requests locks and records what happens to them. */
class Contender {
  readonly locks = new AdvisoryLocks(url);
  readonly log: string[] = [];

  constructor() {
    opened.push(this.locks);
  }

  request(name: string): void {
    this.locks.request(name, {
      onAcquired: () => this.log.push(`acquired ${name}`),
      onLost: () => this.log.push(`lost ${name}`),
    });
  }
}

async function terminateLockConnections(): Promise<void> {
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
  await Promise.all(opened.splice(0).map((locks) => locks.close()));
  expect(await locksHeld()).toBe(0);
  await admin.end();
});

describe("an advisory lock", () => {
  test("is held by one process at a time, and passes to another when it is released", async () => {
    const [one, two] = [new Contender(), new Contender()];
    one.request("a");
    await eventually(() => expect(one.log).toEqual(["acquired a"]));
    two.request("a");
    two.request("b");
    await eventually(() => expect(two.log).toEqual(["acquired b"]));
    expect([one.locks.holds("a"), two.locks.holds("a")]).toEqual([true, false]);
    await one.locks.release("a");
    await eventually(() => expect(two.log).toEqual(["acquired b", "acquired a"]));
    expect(one.log).toEqual(["acquired a"]); // a release is not reported as a loss
  });

  test("is lost with the connection, and is acquired again afterwards", async () => {
    const one = new Contender();
    one.request("a");
    one.request("b");
    await eventually(() => expect(one.log).toEqual(["acquired a", "acquired b"]));
    await terminateLockConnections();
    await eventually(() => expect(one.log.slice(2)).toEqual(["lost a", "lost b"]), 500);
    expect(one.locks.holds("a")).toBe(false);
    await eventually(() => expect(one.log.slice(4)).toEqual(["acquired a", "acquired b"]));
    expect(await locksHeld()).toBe(2);
  });

  test("that is requested again during its release is held in the end, and only once", async () => {
    const one = new Contender();
    for (let i = 0; i < 5; i++) {
      one.request("a");
      if (i % 2 === 0) await eventually(() => expect(one.locks.holds("a")).toBe(true));
      const released = one.locks.release("a");
      one.request("a");
      await released;
      await eventually(() => expect(one.locks.holds("a")).toBe(true));
      expect(await locksHeld()).toBe(1);
      await one.locks.release("a");
      expect(await locksHeld()).toBe(0); // Postgres counts advisory locks: one release would not free two
    }
  });

  test("is not kept when it is released before it is acquired", async () => {
    const one = new Contender();
    one.request("a");
    await eventually(() => expect(one.log).toEqual(["acquired a"]));
    one.request("b"); // begins a round at once, because the connection is there
    await one.locks.release("b");
    await sleep(100);
    expect(await locksHeld()).toBe(1);
    expect(one.log).toEqual(["acquired a"]);
  });

  test("is not acquired after stopAcquiring, and the locks that are held stay held", async () => {
    const [one, two] = [new Contender(), new Contender()];
    one.request("a");
    two.request("b");
    await eventually(() => expect([...one.log, ...two.log]).toEqual(["acquired a", "acquired b"]));
    await one.locks.stopAcquiring();
    one.request("c");
    one.request("b");
    await two.locks.release("b");
    await sleep(LONGER_THAN_A_ROUND_MS);
    expect(one.log).toEqual(["acquired a"]);
    expect(one.locks.holds("a")).toBe(true);
    await one.locks.close();
    expect(await locksHeld()).toBe(0);
  });
});

test("a server that does not answer makes no call fail", async () => {
  const unreachable = new AdvisoryLocks("postgres://postgres@127.0.0.1:1/postgres");
  opened.push(unreachable);
  unreachable.request("a", { onAcquired: () => {}, onLost: () => {} });
  await sleep(50);
  await unreachable.release("a");
  expect(unreachable.holds("a")).toBe(false);
});

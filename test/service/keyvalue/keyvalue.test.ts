import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { limits } from "#config/limits.ts";
import { isOutage } from "#lib/contract/outage.ts";
import { ABSENT, type KeyValue } from "#lib/keyvalue/keyvalue.ts";
import { openKeyValue } from "#lib/keyvalue/open-keyvalue.ts";
import type { DataPlace } from "#lib/sql/data-place.ts";
import { migrate } from "#lib/sql/migrations.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import { freshDatabase } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";
import { redisServer } from "#test/support/servers.ts";

async function onPostgres() {
  const url = await freshDatabase("keyvalue");
  await migrate({ database: url }, join(import.meta.dirname, "none"));
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  const db: Queryable & { place: DataPlace } = {
    place: { database: url },
    query: async <Row extends object>(text: string, values?: readonly unknown[]) =>
      (await pool.query(text, [...(values ?? [])])).rows as Row[],
  };
  return { store: openKeyValue(db), query: db.query, end: () => pool.end() };
}

async function onRedis() {
  const server = await redisServer();
  const nobody = {
    place: { database: "postgres://nowhere/shop" },
    query: () => Promise.reject(new Error("no database")),
  };
  const store = openKeyValue(nobody, server.url);
  return {
    store,
    end: async () => {
      await store.close();
      await server.stop();
    },
  };
}

describe.each([
  ["Postgres", onPostgres],
  ["Redis", onRedis],
])("key-value store on %s", (_, open) => {
  let store: KeyValue;
  let end: () => Promise<void>;

  beforeAll(async () => {
    ({ store, end } = await open());
  });
  afterAll(() => end());

  test("returns the value that was set, as JSON", async () => {
    expect(await store.get("a")).toBeUndefined();
    const value = { text: "ü\u2028", list: [1, null, { deep: true }], number: 1.5 };
    const version = await store.set("a", value, 60);
    expect(await store.get("a")).toEqual({ value, version });
    const next = await store.set("a", "other", 60);
    expect(next).not.toBe(version);
    expect(await store.get("a")).toEqual({ value: "other", version: next });
  });

  test("sets several values at once, new ones and others", async () => {
    const before = await store.set("several-b", "old", 60);
    const versions = await store.setAll(
      [
        ["several-b", "new"],
        ["several-a", { n: 1 }],
      ],
      60,
    );
    expect(versions[0]).not.toBe(before);
    expect(await store.get("several-b")).toEqual({ value: "new", version: versions[0] });
    expect(await store.get("several-a")).toEqual({ value: { n: 1 }, version: versions[1] });
  });

  test("a shorter time to live replaces a longer one, and a longer one a shorter one", async () => {
    await store.set("longer", 1, 1);
    const version = await store.set("shorter", 1, 60);
    await store.set("longer", 2, 60);
    await store.compareAndSet("shorter", 2, version, 1);
    await sleep(1_200);
    expect(await store.get("shorter")).toBeUndefined();
    expect(await store.get("longer")).toMatchObject({ value: 2 });
  });

  test("deletes, and returns whether there was a value", async () => {
    await store.set("b", 1, 60);
    expect(await store.delete("b")).toBe(true);
    expect(await store.delete("b")).toBe(false);
    expect(await store.get("b")).toBeUndefined();
  });

  test("compareAndSet sets a value only if it was not changed since it was read", async () => {
    const first = await store.compareAndSet("c", "mine", ABSENT, 60);
    expect(first).toBeDefined();
    expect(await store.compareAndSet("c", "yours", ABSENT, 60)).toBeUndefined();
    const second = await store.compareAndSet("c", "mine again", first ?? -1, 60);
    expect(await store.compareAndSet("c", "late", first ?? -1, 60)).toBeUndefined();
    expect(await store.get("c")).toEqual({ value: "mine again", version: second });
  });

  test("compareAndSet does not confuse a value that was made again with the one that was read", async () => {
    const old = await store.set("d", "old", 60);
    await store.delete("d");
    await store.set("d", "new", 60);
    expect(await store.compareAndSet("d", "stale", old, 60)).toBeUndefined();
    expect(await store.compareAndSet("never there", "x", old, 60)).toBeUndefined();
  });

  test("lets one of many concurrent writers succeed", async () => {
    await store.set("race", 0, 60);
    const add = async () => {
      for (;;) {
        const read = await store.get<number>("race");
        if (await store.compareAndSet("race", (read?.value ?? 0) + 1, read?.version ?? ABSENT, 60)) return;
      }
    };
    await Promise.all(Array.from({ length: 12 }, add));
    expect((await store.get("race"))?.value).toBe(12);
  });

  test("counts concurrent increments without losing one", async () => {
    const sums = await Promise.all(Array.from({ length: 20 }, () => store.increment("n", 2, 60)));
    expect(Math.max(...sums)).toBe(40);
    expect(new Set(sums).size).toBe(20);
    expect((await store.get("n"))?.value).toBe(40);
    expect(await store.increment("n", -1, 60)).toBe(39);
  });

  test("deletes values after their time to live", async () => {
    await store.set("short", 1, 1);
    await store.set("long", 1, 60);
    await eventually(async () => expect(await store.get("short")).toBeUndefined());
    expect(await store.get("long")).toBeDefined();
    expect(await store.delete("short")).toBe(false);
    expect(await store.compareAndSet("short", 2, ABSENT, 60)).toBeDefined();
  });

  test("lets a counter's time to live begin with its first increment, however often it is incremented", async () => {
    expect(await store.increment("window", 1, 1)).toBe(1);
    await eventually(async () => expect(await store.increment("window", 1, 1)).toBe(1));
  });

  test("refuses a value that is too large", async () => {
    const large = "x".repeat(limits.KEYVALUE_BYTES);
    await expect(store.set("large", large, 60)).rejects.toMatchObject({ type: "BODY_TOO_LARGE" });
    await expect(store.compareAndSet("large", large, ABSENT, 60)).rejects.toMatchObject({ type: "BODY_TOO_LARGE" });
  });
});

test("while Redis is unavailable calls fail as an outage within the time-out, and work again afterwards", async () => {
  const server = await redisServer({ own: true });
  const store = openKeyValue(
    { place: { database: "postgres://nowhere/x" }, query: () => Promise.reject(new Error("no database here")) },
    server.url,
  );
  try {
    await store.set("a", 1, 60);
    await server.kill();
    const began = performance.now();
    const error = await store.get("a").then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(isOutage(error)).toBe(true);
    expect(performance.now() - began).toBeLessThan(limits.KEYVALUE_TIMEOUT_MS + 500);
    await server.start();
    let back: unknown;
    for (let tries = 0; back === undefined && tries < 60; tries++) {
      back = await store.set("a", 2, 60).catch(() => sleep(50));
    }
    expect(await store.get("a")).toMatchObject({ value: 2 });
  } finally {
    await store.close();
    await server.stop();
  }
});

test("Postgres writes no index for a value that is written often", async () => {
  const { store, query, end } = await onPostgres();
  try {
    let version = await store.set("cart", { items: [] as number[] }, 86_400);
    for (let n = 1; n <= 10; n++) {
      version = (await store.compareAndSet("cart", { items: Array(n).fill(n) }, version, 86_400)) ?? -1;
      if (n % 2 === 0) version = await store.set("cart", { items: Array(n).fill(0) }, 86_400);
    }
    const hot = await eventually(async () => {
      const [row] = await query("SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'keyvalue'");
      expect(Number(row?.n_tup_upd)).toBe(15);
      return Number(row?.n_tup_hot_upd);
    });
    expect(hot).toBe(15);
  } finally {
    await end();
  }
});

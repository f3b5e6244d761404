import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { ServiceBroker } from "moleculer";
import pg from "pg";
import { limits } from "#config/limits.ts";
import { isOutage } from "#lib/contract/outage.ts";
import type { Cause } from "#lib/sql/cause.ts";
import { migrate } from "#lib/sql/migrations.ts";
import { StartupError } from "#lib/startup-error.ts";
import { databaseOf, startBroker } from "#test/support/broker.ts";
import { asSuperuser, freshDatabase, freshNamespace } from "#test/support/databases.ts";
import { postgresUrl } from "#test/support/servers.ts";
import { TEST_SERVICES, tally } from "./test-services.ts";

const CAUSE: Cause = { correlationId: "test", causationId: "test", traceparent: null };

describe("a transaction", () => {
  let broker: ServiceBroker;
  const db = () => databaseOf(broker, "tally");
  const outbox = (key: string) => db().query("SELECT 1 FROM outbox WHERE key = $1", [key]);

  beforeAll(async () => {
    broker = await startBroker({ namespace: freshNamespace(), services: [TEST_SERVICES.tally()] });
  });
  afterAll(() => broker.stop());

  test("fails as a whole when one of its statements has failed, even if the work ignored that", async () => {
    const committed: string[] = [];
    const work = db().transaction(CAUSE, async (tx) => {
      tx.afterCommit(() => committed.push("a"));
      await tx.query("INSERT INTO made VALUES ('a', 1)");
      await tx.query("INSERT INTO made VALUES ('a', 1)").catch(() => undefined);
    });
    await expect(work).rejects.toThrow("rolled back");
    expect(await db().query("SELECT 1 FROM made WHERE event_key = 'a'")).toEqual([]);
    expect(committed).toEqual([]);
  });

  test("that loses its connection fails as an outage, and the next one works", async () => {
    const work = db().transaction(CAUSE, async (tx) => {
      const [row] = await tx.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
      await asSuperuser(db(), "SELECT pg_terminate_backend($1)", [row?.pid]);
      await new Promise((resolve) => setTimeout(resolve, 50)); // by now the pool has noticed it
      await tx.query("SELECT 1");
    });
    expect(isOutage(await work.catch((error) => error))).toBe(true);
    await db().transaction(CAUSE, async (tx) => tx.emit(tally.events.Counted, { key: "b", n: 1 }));
    expect(await outbox("b")).toHaveLength(1);
  });

  test("runs again after a deadlock, and writes its events once", async () => {
    await db().query("INSERT INTO made VALUES ('one', 1), ('two', 1)");
    let tries = 0;
    let holding = 0;
    const both = Promise.withResolvers<void>();
    const swap = (first: string, second: string) =>
      db().transaction(CAUSE, async (tx) => {
        tries += 1;
        await tx.query("SET LOCAL ROLE NONE"); // only a superuser may set the next one
        await tx.query("SET LOCAL deadlock_timeout = '50ms'"); // the default may be longer than the lock time-out, so that no deadlock would be found
        await tx.query("UPDATE made SET n = n + 1 WHERE event_key = $1", [first]);
        holding += 1;
        if (holding === 2) both.resolve();
        await both.promise;
        await tx.query("UPDATE made SET n = n + 1 WHERE event_key = $1", [second]);
        tx.emit(tally.events.Counted, { key: "deadlock", n: 1 });
      });
    await Promise.all([swap("one", "two"), swap("two", "one")]);
    expect(tries).toBeGreaterThan(2);
    expect(await outbox("deadlock")).toHaveLength(2);
  });

  test("and a query fail as an outage within two seconds when the connection pool is exhausted", async () => {
    const done = Promise.withResolvers<void>();
    const held = Array.from({ length: limits.POOL_CONNECTIONS }, () =>
      db().consume(CAUSE, async (tx) => {
        await tx.query("SELECT 1");
        await done.promise;
      }),
    );
    const began = performance.now();
    const outcomes = await Promise.allSettled([db().query("SELECT 1"), db().transaction(CAUSE, async () => {})]);
    expect(performance.now() - began).toBeLessThan(2_000);
    for (const outcome of outcomes) expect(isOutage(outcome.status === "rejected" && outcome.reason)).toBe(true);
    done.resolve();
    await Promise.all(held);
    await db().query("SELECT 1");
  });

  test("refuses an event that is too large for the broker", async () => {
    const n = 1;
    const key = "x".repeat(limits.EVENT_BYTES);
    const work = db().transaction(CAUSE, async (tx) => tx.emit(tally.events.Counted, { key, n }));
    await expect(work).rejects.toThrow("EVENT_BYTES");
  });
});

describe("migrations", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tradepost-migrations-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const tables = async (url: string) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const { rows } = await client.query("SELECT relname FROM pg_class WHERE relname LIKE 'shelf%' ORDER BY relname");
    await client.end();
    return rows.map(({ relname }) => relname);
  };

  test("run once each, also when many nodes start at once and the database does not exist yet", async () => {
    await writeFile(join(folder, "001-one.sql"), "CREATE TABLE shelf_one (n int);");
    const url = new URL(postgresUrl());
    url.pathname = `/${freshNamespace().replaceAll("-", "_")}_many`;
    await Promise.all(Array.from({ length: 4 }, () => migrate({ database: url.href }, folder)));
    await migrate({ database: url.href }, folder);
    expect(await tables(url.href)).toEqual(["shelf_one"]);
  });

  test("leave nothing behind when they cannot be recorded, so that the next start runs them again", async () => {
    const url = await freshDatabase("migrations");
    // Recording the migration fails, as if the process were killed between its statements and its record.
    await writeFile(
      join(folder, "001-one.sql"),
      "CREATE TABLE shelf_one (n int); ALTER TABLE migration ADD CONSTRAINT full_up CHECK (name <> '001-one.sql');",
    );
    await expect(migrate({ database: url }, folder)).rejects.toThrow("full_up");
    expect(await tables(url)).toEqual([]);
    await writeFile(join(folder, "001-one.sql"), "CREATE TABLE shelf_one (n int); CREATE TABLE shelf_two (n int);");
    await migrate({ database: url }, folder);
    expect(await tables(url)).toEqual(["shelf_one", "shelf_two"]);
  });

  describe("whose file was edited", () => {
    const file = () => join(folder, "001-one.sql");

    test("stop the start with one line that names the file", async () => {
      const url = await freshDatabase("migrations");
      await writeFile(file(), "CREATE TABLE shelf_one (n int);\n");
      await migrate({ database: url }, folder);
      await writeFile(file(), "CREATE TABLE shelf_one (n bigint);\n");
      const failure = await migrate({ database: url }, folder).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(StartupError);
      expect((failure as Error).message).toMatch(/^The migration \S+001-one\.sql was changed after it ran: .+\.$/);
      await writeFile(file(), "CREATE TABLE shelf_one (n int);\r\n"); // only the line ends differ
      await migrate({ database: url }, folder);
    });

    test("are compared from the next start on, if they ran before checksums were kept", async () => {
      const url = await freshDatabase("migrations");
      await writeFile(file(), "CREATE TABLE shelf_one (n int);");
      await migrate({ database: url }, folder);
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query("ALTER TABLE migration DROP COLUMN checksum");
      await client.end();
      await migrate({ database: url }, folder);
      await writeFile(file(), "CREATE TABLE shelf_one (n bigint);");
      await expect(migrate({ database: url }, folder)).rejects.toThrow("was changed after it ran");
    });
  });
});

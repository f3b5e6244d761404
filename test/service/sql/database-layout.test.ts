import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { type DatabaseLayout, type DataPlace, sessionUrl } from "#lib/sql/data-place.ts";
import { existingData } from "#lib/sql/existing-data.ts";
import { lockKey } from "#lib/sql/lock-keys.ts";
import { migrate } from "#lib/sql/migrations.ts";
import { dataPlaceOf, freshNamespace } from "#test/support/databases.ts";
import { postgresUrl } from "#test/support/servers.ts";

let folder: string;
const clients: pg.Client[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tradepost-layout-"));
  await writeFile(join(folder, "001-secret.sql"), "CREATE TABLE secret (word text PRIMARY KEY);");
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.end()));
  await rm(folder, { recursive: true, force: true });
});

/** A session as the service itself has it. */
async function sessionOf(place: DataPlace): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: sessionUrl(place) });
  await client.connect();
  clients.push(client);
  return client;
}

async function twoServices(layout: DatabaseLayout) {
  const namespace = freshNamespace();
  const places = await Promise.all(
    ["orders", "payments"].map((service) => migrate(dataPlaceOf(namespace, service, layout), folder)),
  );
  const [orders, payments] = await Promise.all(places.map(sessionOf));
  return { namespace, places, orders: orders as pg.Client, payments: payments as pg.Client };
}

describe("two services in the schemas of one database", () => {
  test("have tables of the same names, and cannot reach those of the other", async () => {
    const { orders, payments } = await twoServices("schemas");
    await orders.query("INSERT INTO secret VALUES ('of orders')");
    await payments.query("INSERT INTO secret VALUES ('of payments')");
    expect((await orders.query("SELECT word FROM secret")).rows).toEqual([{ word: "of orders" }]);
    for (const table of ["secret", "outbox", "keyvalue"]) {
      const denied = { message: "permission denied for schema payments" };
      await expect(orders.query(`SELECT * FROM payments.${table}`)).rejects.toMatchObject(denied);
      await expect(orders.query(`DELETE FROM payments.${table}`)).rejects.toMatchObject(denied);
    }
    expect((await payments.query("SELECT count(*)::int FROM secret")).rows).toEqual([{ count: 1 }]);
  });

  test("is made once when many nodes start at once, and again finds what it has made", async () => {
    const namespace = freshNamespace();
    const start = () =>
      Promise.all(["orders", "payments", "orders"].map((service) => migrate(dataPlaceOf(namespace, service), folder)));
    const [first] = await start();
    expect((await start())[0]).toEqual(first);
    expect(await existingData(postgresUrl(), namespace)).toEqual({ databases: [], schemas: ["orders", "payments"] });
  });

  test("work without roles where the user of the URL may not make any", async () => {
    const namespace = freshNamespace();
    const admin = await sessionOf({ database: postgresUrl() });
    const user = `${namespace.replaceAll("-", "_")}_poor`;
    const database = namespace.replaceAll("-", "_");
    await admin.query(`CREATE ROLE "${user}" LOGIN PASSWORD 'poor'`);
    await admin.query(`CREATE DATABASE "${database}" OWNER "${user}"`);
    const { role, ...place } = dataPlaceOf(namespace, "orders");
    const url = new URL(place.database);
    url.username = user;
    url.password = "poor";
    const migrated = await migrate({ ...place, database: url.href, ...(role && { role }) }, folder);
    expect(migrated).toEqual({ ...place, database: url.href });
    const session = await sessionOf(migrated);
    await session.query("INSERT INTO secret VALUES ('kept')");
    expect((await session.query("SELECT current_schema() AS schema")).rows).toEqual([{ schema: "orders" }]);
  });
});

describe.each(["schemas", "databases"] as const)("locks of the same name, in %s,", (layout) => {
  const KINDS = ["process", "idempotencyKey", "owner", "catalogue", "priceShard"] as const;

  test.each(KINDS)("of the kind %s are those of one service", async (kind) => {
    const { orders, payments, places } = await twoServices(layout);
    const another = await sessionOf(places[0] as DataPlace);
    const tryToLock = async (client: pg.Client) =>
      (await client.query(`SELECT pg_try_advisory_lock(${lockKey(kind)}) AS locked`, ["name"])).rows[0].locked;
    expect(await tryToLock(orders)).toBe(true);
    expect(await tryToLock(payments)).toBe(true);
    expect(await tryToLock(another)).toBe(false);
  });

  test("of different kinds are different locks", async () => {
    const { orders, places } = await twoServices(layout);
    const another = await sessionOf(places[0] as DataPlace);
    const locked = async (client: pg.Client, kind: (typeof KINDS)[number]) =>
      (await client.query(`SELECT pg_try_advisory_lock(${lockKey(kind)}) AS locked`, ["name"])).rows[0].locked;
    for (const [i, kind] of KINDS.entries()) expect(await locked(i % 2 ? orders : another, kind)).toBe(true);
  });
});

describe("data that a server has", () => {
  test("are found in databases, and told from those of a namespace with a longer name", async () => {
    const namespace = freshNamespace();
    await migrate(dataPlaceOf(namespace, "orders", "databases"), folder);
    await migrate(dataPlaceOf(`${namespace}-eu`, "orders", "schemas"), folder);
    await migrate(dataPlaceOf(`${namespace}-us`, "orders", "databases"), folder);
    expect(await existingData(postgresUrl(), namespace)).toEqual({ databases: ["orders"], schemas: [] });
    expect(await existingData(postgresUrl(), `${namespace}-eu`)).toEqual({ databases: [], schemas: ["orders"] });
    expect(await existingData(postgresUrl(), freshNamespace())).toEqual({ databases: [], schemas: [] });
  });
});

import { afterEach, expect, test } from "@jest/globals";
import pg from "pg";
import { KEEP_PLANS, withSessionOptions } from "#lib/sql/connection.ts";
import { analyzeGrownTables } from "#lib/sql/table-statistics.ts";
import { freshDatabase } from "#test/support/databases.ts";
import { eventually } from "#test/support/eventually.ts";

const ROWS = 20_000;
const clients: pg.Client[] = [];

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
});

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(withSessionOptions(url, KEEP_PLANS));
  await client.connect();
  clients.push(client);
  return client;
}

/** As services see a database. */
function queryable(client: pg.Client) {
  return {
    query: async <Row extends object>(text: string, values: readonly unknown[] = []) =>
      (await client.query(text, [...values])).rows as Row[],
  };
}

/** Also reports the rows at once: an idle session does that only after up to ten seconds. */
async function insert(client: pg.Client, statement: string): Promise<void> {
  await client.query(statement);
  await client.query("SELECT pg_stat_force_next_flush()");
}

async function planOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query("EXPLAIN EXECUTE look_up ('{p7}')");
  return rows.map((row) => row["QUERY PLAN"]).join("\n");
}

test("a plan that was made for an empty table is replaced soon after the table has grown", async () => {
  const url = await freshDatabase("statistics");
  const [shop, job] = [await connect(url), await connect(url)];
  await shop.query("CREATE TABLE product (id text PRIMARY KEY, archived boolean NOT NULL)");
  await shop.query("VACUUM ANALYZE product");
  await shop.query("PREPARE look_up AS SELECT * FROM product WHERE id = ANY ($1::text[])");
  await shop.query("EXECUTE look_up ('{p7}')");
  await insert(shop, `INSERT INTO product SELECT 'p' || n, false FROM generate_series(1, ${ROWS}) AS n`);
  expect(await planOf(shop)).toContain("Seq Scan"); // it reads all rows to find one
  await eventually(async () => expect(await analyzeGrownTables(queryable(job))).toEqual(["product"]));
  expect(await planOf(shop)).not.toContain("Seq Scan");
});

test("statistics are renewed again only when as many rows were written as the table had", async () => {
  const url = await freshDatabase("statistics");
  const [shop, job] = [await connect(url), await connect(url)];
  await shop.query('CREATE TABLE "Product" (id integer PRIMARY KEY)');
  await insert(shop, 'INSERT INTO "Product" SELECT generate_series(1, 1000)');
  await eventually(async () => expect(await analyzeGrownTables(queryable(job))).toEqual(['"Product"']));
  expect(await analyzeGrownTables(queryable(job))).toEqual([]);
  await insert(shop, 'INSERT INTO "Product" SELECT generate_series(1001, 1900)');
  expect(await analyzeGrownTables(queryable(job))).toEqual([]);
  await insert(shop, 'INSERT INTO "Product" SELECT generate_series(1901, 2100)');
  await eventually(async () => expect(await analyzeGrownTables(queryable(job))).toEqual(['"Product"']));
});

test("the tables of other services in the same database are left to these", async () => {
  const url = await freshDatabase("statistics");
  const [shop, job] = [await connect(url), await connect(url)];
  await shop.query("CREATE SCHEMA other; CREATE TABLE other.product (id integer PRIMARY KEY)");
  await shop.query("CREATE TABLE stock (id integer PRIMARY KEY)");
  await insert(shop, "INSERT INTO other.product SELECT generate_series(1, 1000)");
  await insert(shop, "INSERT INTO stock SELECT generate_series(1, 1000)");
  await eventually(async () => expect(await analyzeGrownTables(queryable(job))).toEqual(["stock"]));
});

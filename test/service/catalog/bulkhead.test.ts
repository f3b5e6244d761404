import { afterAll, beforeAll, expect, test } from "@jest/globals";
import pg from "pg";
import { isOutage } from "#lib/contract/outage.ts";
import catalog from "#services/product/catalog/catalog.service.ts";
import { catalogLimits } from "#services/product/catalog/domain/limits.ts";
import { databaseOf } from "#test/support/broker.ts";
import { TestShop } from "./catalog-fixture.ts";

let shop: TestShop;
let db: pg.Client;

beforeAll(async () => {
  shop = await TestShop.start([catalog]);
  db = new pg.Client({ connectionString: shop.urls.catalog });
  await db.connect();
});

afterAll(async () => {
  await db?.end();
  await shop?.stop();
});

/** Keeps searches, and nothing else, from ending while `work` runs. */
async function whileSearchesHang(work: () => Promise<void>): Promise<void> {
  await db.query("BEGIN; LOCK TABLE brand IN ACCESS EXCLUSIVE MODE"); // a search looks for brands first
  try {
    await work();
  } finally {
    await db.query("ROLLBACK");
  }
}

test("searches that are too many are refused, and other reads go on", async () => {
  const { EXPENSIVE_READS, EXPENSIVE_WAITING } = catalogLimits;
  await shop.call("catalog.create", { slug: "lamp", title: "Lamp", variants: [{ sku: "LAMP" }] });
  await whileSearchesHang(async () => {
    const searches = Array.from({ length: EXPENSIVE_READS + EXPENSIVE_WAITING + 5 }, (_, at) =>
      shop.refusal("catalog.list", { q: `lamp ${at}` }).catch(() => ({ code: "found" })),
    );
    const first = await Promise.race(searches);
    expect(first).toMatchObject({ code: "SERVICE_UNAVAILABLE" }); // at once: those that wait do so for some time
    expect((await shop.call("catalog.list", {})).products).toHaveLength(1);
    expect((await shop.call("catalog.list", { slug: "lamp" })).products).toHaveLength(1);
    await Promise.all(searches);
  });
  expect((await shop.call("catalog.list", { q: "lamp" })).products).toHaveLength(1);
});

test("a read that takes too long ends, and leaves its connection as it was", async () => {
  const database = databaseOf(shop.broker, "catalog");
  const slow = database.readWithin(50, (tx) => tx.query("SELECT pg_sleep(10)"));
  expect(isOutage(await slow.catch((error: unknown) => error))).toBe(true);
  const [row] = await database.query<{ ms: string }>("SELECT current_setting('statement_timeout') AS ms");
  expect(row?.ms).toBe("6s");
});

import { expect, test } from "@jest/globals";
import pg from "pg";
import catalog from "#services/product/catalog/catalog.service.ts";
import { addTaxonomy, TestShop } from "./catalog-fixture.ts";

const BATCHES = 10;
const ROWS = 400;

/** Rows of the catalogue's large tables that were read from the beginning of the table, by all connections. */
async function rowsReadInSequence(db: pg.Client): Promise<number> {
  const { rows } = await db.query<{ read: number }>(
    `SELECT sum(seq_tup_read)::int AS read FROM pg_stat_user_tables
     WHERE relname IN ('product', 'variant', 'product_category')`,
  );
  return rows[0]?.read ?? 0;
}

test("an import into empty tables does not read them again and again while they grow", async () => {
  const shop = await TestShop.start([catalog]);
  const db = new pg.Client({ connectionString: shop.urls.catalog });
  await db.connect();
  try {
    await addTaxonomy(shop);
    await db.query("VACUUM ANALYZE"); // now Postgres knows that the tables are empty, and plans for that
    for (let batch = 0; batch < BATCHES; batch += 1) {
      const products = Array.from({ length: ROWS }, (_, at) => ({
        slug: `imported-${batch}-${at}`,
        title: `Imported ${at}`,
        brand: "lumo",
        categories: ["lamps"],
        variants: [{ sku: `IMPORTED-${batch}-${at}-A` }, { sku: `IMPORTED-${batch}-${at}-B` }],
      }));
      await shop.call("catalog.batch", { products });
    }
    await shop.stop(); // connections report what they have read when they end
    expect(await rowsReadInSequence(db)).toBeLessThan(BATCHES * ROWS);
  } finally {
    await shop.stop();
    await db.end();
  }
});

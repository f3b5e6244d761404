import { expect, test } from "@jest/globals";
import pg from "pg";
import catalog from "#services/product/catalog/catalog.service.ts";
import { foldSearchTexts } from "#services/product/catalog/jobs/fold-search-texts.ts";
import { databaseOf } from "#test/support/broker.ts";
import { addTaxonomy, TestShop } from "./catalog-fixture.ts";

test("what another version of the shop has written is prepared for lists and searches", async () => {
  const shop = await TestShop.start([catalog]);
  const db = new pg.Client({ connectionString: shop.urls.catalog });
  await db.connect();
  try {
    await addTaxonomy(shop);
    // As it wrote: without the columns that came later.
    await db.query(`
      UPDATE brand SET search_text = NULL;
      INSERT INTO product (product_id, slug, title, brand, images, description, attributes, created_at, updated_at)
      VALUES ('prod_old', 'old', 'Đèn', 'lumo', '{}', '', '{}', now(), now());
      INSERT INTO variant (product_id, place, sku, attributes) VALUES ('prod_old', 0, 'OLD-1', '{}');
      INSERT INTO product_category (product_id, place, category) VALUES ('prod_old', 0, 'lamps');
    `);
    await foldSearchTexts.run({ db: databaseOf(shop.broker, "catalog") } as Parameters<typeof foldSearchTexts.run>[0]);
    for (const query of [{ q: "den" }, { q: "old-1" }, { q: "lumo" }, { category: "home", brand: "lumo" }]) {
      const { products } = await shop.call("catalog.list", query);
      expect(products.map(({ productId }) => productId)).toEqual(["prod_old"]);
    }
  } finally {
    await shop.stop();
    await db.end();
  }
});

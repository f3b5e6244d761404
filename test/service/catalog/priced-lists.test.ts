import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import catalog from "#services/product/catalog/catalog.service.ts";
import { catalogLimits } from "#services/product/catalog/domain/limits.ts";
import { stubService } from "#test/support/stub-service.ts";
import { addTaxonomy, stubInventory, TestShop } from "./catalog-fixture.ts";

const { PRICED_ROWS, PRICED_MS } = catalogLimits;
const MORE = 30; // products, beyond those whose prices are asked for at once

let shop: TestShop;

/** Everything costs 5, and so that one question takes all the time that a list has. */
const slowPricing = stubService("pricing", {
  prices: async ({ skus }) => {
    if (skus.length > 1) await sleep(PRICED_MS + 20);
    return { prices: skus.map((sku) => ({ sku, amountMinor: 500 })) };
  },
});

beforeAll(async () => {
  shop = await TestShop.start([catalog, slowPricing, stubInventory(new Map())]);
  await addTaxonomy(shop);
  const all = Array.from({ length: PRICED_ROWS + MORE }, (_, at) => ({
    slug: `priced-${at}`,
    title: `Priced ${at}`,
    brand: "lumo",
    variants: [{ sku: `PRICED-${at}` }],
  }));
  await shop.call("catalog.batch", { products: all });
  const below = { amount: 9, currency: "USD" };
  await shop.call("catalog.createCollection", { code: "cheap", title: "Cheap", rule: { priceBelow: below } });
  await shop.call("catalog.createCollection", { code: "dear", title: "Dear", rule: { priceAbove: below } });
});

afterAll(() => shop?.stop());

test("a list that waits long for prices ends with what it has found, and goes on there", async () => {
  const first = await shop.call("catalog.list", { collection: "dear" });
  expect(first).toMatchObject({ products: [], pagination: { total: 0, atLeast: true, next: expect.any(String) } });
  const rest = await shop.call("catalog.list", { collection: "dear", cursor: first.pagination.next ?? "" });
  expect(rest).toEqual({ products: [], pagination: { limit: 20 } });
});

test("its facets are then those of a part of the list", async () => {
  const found = await shop.call("catalog.list", { collection: "cheap", facets: ["brand"], limit: 1 });
  expect(found).toMatchObject({
    pagination: { total: PRICED_ROWS, atLeast: true },
    facets: { brand: [{ value: "lumo", count: PRICED_ROWS }] },
    facetsAtLeast: true,
  });
});

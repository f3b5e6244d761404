import { afterAll, beforeAll, expect, test } from "@jest/globals";
import pg from "pg";
import { armFailPoints, FailPoints } from "#lib/fault-injection/fail-points.ts";
import { failPointsOfSchema } from "#mixins/service/fail-point-list.ts";
import { catalog } from "#services/product/catalog/contract.ts";
import pricing from "#services/product/pricing/pricing.service.ts";
import { saveCategories } from "#services/product/pricing/tax/tax.store.ts";
import { TestShop } from "#test/service/catalog/catalog-fixture.ts";
import { eventually } from "#test/support/eventually.ts";
import { emitAs, stubServiceWithEvents } from "#test/support/stub-service.ts";
import { listenerTo } from "./pricing-fixture.ts";

let shop: TestShop;
let db: pg.Client;
const nodes = listenerTo("pricing.taxesChanged");

beforeAll(async () => {
  shop = await TestShop.start([pricing, stubServiceWithEvents(catalog), nodes.service], { SHOP_COUNTRY: "GB" });
  db = new pg.Client({ connectionString: shop.urls.pricing });
  await db.connect();
});
afterAll(async () => {
  await db?.end();
  await shop?.stop();
});

const told = (productId: string, sku: string, taxCategory?: string) => ({
  ...{
    productId,
    slug: sku.toLowerCase(),
    title: sku,
    brand: null,
    categories: [],
    images: [],
    description: "",
    attributes: {},
  },
  ...{ variants: [{ sku, attributes: {} }], ...(taxCategory === undefined ? {} : { taxCategory }) },
});
const tell = (type: "ProductCreated" | "ProductUpdated", ...data: ReturnType<typeof told>[]) =>
  emitAs(shop.broker, "catalog", (tx) => {
    for (const each of data) tx.emit(catalog.events[type], each);
  });
const rateOf = async (sku: string) => {
  const { taxes } = await shop.call("pricing.taxes", {
    currency: "GBP",
    lines: [{ sku, quantity: 1, totalMinor: 10_000 }],
  });
  return taxes[0]?.rate;
};
const applied = async () => (await db.query("SELECT count(*)::int AS count FROM inbox")).rows[0].count as number;

test("prices say whether the shop taxes, from the first rate to the last", async () => {
  const taxed = async () => (await shop.call("pricing.prices", { skus: [], currency: "GBP" })).taxed;
  expect(await taxed()).toBeUndefined();
  nodes.sent.length = 0;
  const { rateId } = await shop.call("pricing.createTaxRate", { country: "GB", name: "VAT", rate: 20 });
  expect(await taxed()).toBe(true);
  await shop.call("pricing.deleteTaxRate", { rateId });
  expect(await taxed()).toBeUndefined();
  expect(nodes.sent).toHaveLength(2);
});

test("a rate or a certificate is added once, also when its answer was lost after the commit", async () => {
  const sent = async (action: "createTaxRate" | "addTaxExemption", add: () => Promise<object>) => {
    armFailPoints(new FailPoints(`pricing.${action}.after-commit:throw*1`, failPointsOfSchema(pricing)));
    try {
      await expect(add()).rejects.toThrow("fail point");
    } finally {
      armFailPoints(undefined);
    }
    return add();
  };
  const rate = { country: "NZ", name: "GST", rate: 15 };
  const made = await sent("createTaxRate", () => shop.call("pricing.createTaxRate", rate, { idempotencyKey: "rate" }));
  expect((await shop.call("pricing.taxRates", { country: "NZ" })).rates).toEqual([made]);
  const customerId = "cust_once";
  const certificate = { customerId, country: "NZ", certificate: "C-1", validUntil: "2099-01-01T00:00:00Z" };
  const held = await sent("addTaxExemption", () =>
    shop.call("pricing.addTaxExemption", certificate, { idempotencyKey: "certificate" }),
  );
  const kept = async () => (await shop.call("pricing.taxExemptions", { customerId })).exemptions;
  expect(await kept()).toEqual([held]);
  const { exemptionId } = (await kept())[0] as { exemptionId: string };
  expect(await shop.call("pricing.deleteTaxExemption", { customerId, exemptionId })).toEqual({});
  expect(await shop.call("pricing.deleteTaxRate", { rateId: (made as { rateId: string }).rateId })).toEqual({});
  expect(await kept()).toEqual([]);
});

test("products are taxed by the category that the catalogue names last, and most leave nothing here", async () => {
  await shop.call("pricing.createTaxRate", { country: "GB", name: "VAT", rate: 20 });
  await shop.call("pricing.createTaxRate", { country: "GB", name: "VAT", rate: 5, category: "reduced" });
  nodes.sent.length = 0;
  await tell(
    "ProductCreated",
    told("prod_1", "MUG"),
    told("prod_2", "CUP", "standard"),
    told("prod_3", "FUEL", "reduced"),
  );
  await eventually(async () => expect(await rateOf("FUEL")).toBe(5));
  expect([await rateOf("MUG"), await rateOf("CUP")]).toEqual([20, 20]);
  expect(await applied()).toBe(1);
  expect(nodes.sent).toHaveLength(1);
  await tell("ProductUpdated", told("prod_2", "CUP", "reduced"), told("prod_3", "FUEL", "standard"));
  await eventually(async () => expect([await rateOf("CUP"), await rateOf("FUEL")]).toEqual([5, 20]));
  // A variant that was renamed is another sku; the product's other events may arrive late.
  await tell("ProductUpdated", told("prod_2", "BEAKER", "reduced"));
  await eventually(async () => expect([await rateOf("CUP"), await rateOf("BEAKER")]).toEqual([20, 5]));
});

test("what was told before changes nothing, and the same again changes nothing", async () => {
  const store = {
    query: async (text: string, values?: readonly unknown[]) => (await db.query(text, [...(values ?? [])])).rows,
  };
  const rows = async () =>
    (await db.query("SELECT sku, category FROM taxed_sku WHERE product_id = 'prod_9' ORDER BY sku")).rows;
  const save = (category: string, toldAt: string) =>
    saveCategories(store as never, [{ productId: "prod_9", category, skus: ["LATE"], toldAt }]);
  await save("reduced", "2026-01-02T00:00:00Z");
  await save("zero", "2026-01-01T00:00:00Z");
  await save("reduced", "2026-01-02T00:00:00Z");
  expect(await rows()).toEqual([{ sku: "LATE", category: "reduced" }]);
  await save("standard", "2026-01-03T00:00:00Z");
  await save("reduced", "2026-01-02T00:00:00Z");
  expect(await rows()).toEqual([{ sku: "LATE", category: "standard" }]);
});

test("what was told late of a sku that has moved to another product changes nothing", async () => {
  const store = { query: async (text: string, values: readonly unknown[]) => (await db.query(text, [...values])).rows };
  const rows = async () =>
    (await db.query(`SELECT product_id AS "productId", category FROM taxed_sku WHERE sku = 'MOVED'`)).rows;
  const before = { productId: "prod_m1", category: "reduced", skus: ["MOVED"], toldAt: "2026-01-01T00:00:00Z" };
  const after = { productId: "prod_m2", category: "zero", skus: ["MOVED"], toldAt: "2026-01-02T00:00:00Z" };
  const { productId, category } = after;
  await saveCategories(store as never, [after]);
  await saveCategories(store as never, [before]);
  expect(await rows()).toEqual([{ productId, category }]);
  await db.query("DELETE FROM taxed_sku WHERE sku = 'MOVED'");
  await saveCategories(store as never, [after, before]);
  expect(await rows()).toEqual([{ productId, category }]);
});

test("a quote has the taxes of its address, of its region, or of the shop's own country", async () => {
  await shop.call("pricing.createTaxRate", { country: "FR", name: "TVA", rate: 10 });
  await shop.call("pricing.createTaxRate", { country: "US", state: "NY", name: "NY State", rate: 4 });
  await shop.call("pricing.setPricesOfNewVariants", { prices: [{ sku: "QUOTED", amount: 100 }] });
  const quoted = async (where: object) => {
    const { tax, total } = await shop.call("pricing.quote", { items: [{ sku: "QUOTED", quantity: 2 }], ...where });
    return { tax, total };
  };
  expect(await quoted({})).toEqual({ tax: 40, total: 240 });
  expect(await quoted({ region: "FR" })).toEqual({ tax: 20, total: 220 });
  expect(await quoted({ address: { country: "FR" } })).toEqual({ tax: 20, total: 220 });
  expect(await quoted({ region: "US", address: { state: "NY", zipCode: "10001" } })).toEqual({ tax: 8, total: 208 });
  expect(await quoted({ region: "GB", address: { country: "FR" } })).toEqual({ tax: 20, total: 220 });
});

test("a number, a bound and a country are checked", async () => {
  const lines = [{ sku: "MUG", quantity: 1, totalMinor: 100 }];
  expect(await shop.refusal("pricing.taxes", { currency: "GBP", lines, taxId: "DE136695975" })).toEqual({
    code: "VALIDATION_FAILED",
    paths: ["/taxId"],
  });
  expect(await shop.refusal("pricing.setTaxSettings", { pricesInclude: { XX: true } })).toEqual({
    code: "VALIDATION_FAILED",
    paths: ["/pricesInclude/XX"],
  });
  const certificate = { customerId: "cust_1", country: "GB", certificate: "C", validUntil: "2099-01-01T00:00:00Z" };
  for (let i = 0; i < 100; i++) await shop.call("pricing.addTaxExemption", certificate);
  expect(await shop.refusal("pricing.addTaxExemption", certificate)).toMatchObject({ code: "LIMIT_REACHED" });
});

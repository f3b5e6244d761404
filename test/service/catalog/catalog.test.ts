import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { demoProducts } from "#config/demo.ts";
import catalog from "#services/product/catalog/catalog.service.ts";
import pricing from "#services/product/pricing/pricing.service.ts";
import { readUntil } from "#test/support/eventually.ts";
import { addTaxonomy, stubInventory, TestShop } from "./catalog-fixture.ts";

const stock = new Map([
  ["LAMP-1", 5],
  ["LAMP-2", 0],
]);
let shop: TestShop;
let db: pg.Client;

beforeAll(async () => {
  shop = await TestShop.start([catalog, pricing, stubInventory(stock)]);
  db = new pg.Client({ connectionString: shop.urls.catalog });
  await db.connect();
  await addTaxonomy(shop);
});

afterAll(async () => {
  await db?.end();
  await shop?.stop();
});

const events = async (productId: string) => {
  const { rows } = await db.query("SELECT event_type, data FROM outbox WHERE key = $1 ORDER BY sequence", [productId]);
  return rows as { event_type: string; data: Record<string, unknown> }[];
};

describe("one product", () => {
  test("is created with its prices, read, changed and archived", async () => {
    const created = await shop.call("catalog.create", {
      slug: "desk-lamp",
      title: "Desk Lamp",
      brand: "lumo",
      categories: ["lamps"],
      images: ["/images/desk-lamp.jpg"],
      description: "It shines.",
      attributes: { watts: 7 },
      variants: [
        { sku: "LAMP-1", attributes: { colour: "red" }, price: { amount: 20.5, currency: "USD" } },
        { sku: "LAMP-2", price: { amount: 18 } },
      ],
    });
    const { productId } = created;
    expect(created).toMatchObject({
      slug: "desk-lamp",
      brand: "lumo",
      price: { amount: 18, currency: "USD" },
      availability: "in_stock",
      variants: [
        { sku: "LAMP-1", price: { amount: 20.5, currency: "USD" }, available: 5 },
        { sku: "LAMP-2", price: { amount: 18, currency: "USD" }, available: 0 },
      ],
    });
    await expect(shop.call("catalog.get", { productId })).resolves.toEqual(created);

    const updated = await shop.call("catalog.update", {
      productId,
      title: "Desk Lamp II",
      variants: [{ sku: "LAMP-2" }],
    });
    expect(updated).toMatchObject({
      title: "Desk Lamp II",
      description: "It shines.",
      availability: "out_of_stock",
    });
    expect(updated.variants.map(({ sku }) => sku)).toEqual(["LAMP-2"]);

    await shop.call("catalog.archive", { productId });
    expect(await shop.refusal("catalog.get", { productId })).toMatchObject({ code: "NOT_FOUND" });
    expect(await shop.refusal("catalog.archive", { productId })).toMatchObject({ code: "NOT_FOUND" });
    expect(await shop.refusal("catalog.update", { productId, title: "x" })).toMatchObject({ code: "NOT_FOUND" });
    const { products } = await shop.call("catalog.list", { slug: "desk-lamp" });
    expect(products).toEqual([]);
    expect((await events(productId)).map(({ event_type }) => event_type)).toEqual([
      "ProductCreated",
      "ProductUpdated",
      "ProductArchived",
    ]);
    // Slug and skus are free again.
    await shop.call("catalog.create", {
      slug: "desk-lamp",
      title: "Desk Lamp III",
      variants: [{ sku: "LAMP-2" }],
    });
  });

  test("is refused when its slug, sku or id is taken, or its brand or category does not exist", async () => {
    const first = { slug: "vase", title: "Vase", variants: [{ sku: "VASE" }] };
    await shop.call("catalog.create", { productId: "prod_vase", ...first });
    const other = { slug: "vase-2", title: "Vase", variants: [{ sku: "VASE-2" }] };
    expect(await shop.refusal("catalog.create", { ...other, slug: "vase" })).toEqual({
      code: "ALREADY_EXISTS",
      paths: ["/slug"],
    });
    expect(await shop.refusal("catalog.create", { ...other, productId: "prod_vase" })).toMatchObject({
      code: "ALREADY_EXISTS",
    });
    expect(await shop.refusal("catalog.create", { ...other, variants: [{ sku: "VASE-2" }, { sku: "VASE" }] })).toEqual({
      code: "ALREADY_EXISTS",
      paths: ["/variants/1/sku"],
    });
    expect(
      await shop.refusal("catalog.create", { ...other, brand: "nobody", categories: ["lamps", "nowhere"] }),
    ).toEqual({
      code: "VALIDATION_FAILED",
      paths: ["/brand", "/categories/1"],
    });
  });

  test("that is refused does not change the price of another product's sku", async () => {
    const jug = { slug: "jug", title: "Jug", variants: [{ sku: "JUG", price: { amount: 10 } }] };
    await shop.call("catalog.create", jug);
    const copy = { slug: "jug-2", title: "Jug", variants: [{ sku: "JUG", price: { amount: 1 } }] };
    expect(await shop.refusal("catalog.create", copy)).toMatchObject({ code: "ALREADY_EXISTS" });
    await expect(shop.call("pricing.get", { sku: "JUG" })).resolves.toMatchObject({ amount: 10 });
  });

  test("is created once for one idempotency key", async () => {
    const bowl = { slug: "bowl", title: "Bowl", variants: [{ sku: "BOWL" }] };
    const first = await shop.call("catalog.create", bowl, { idempotencyKey: "bowl-1" });
    await expect(shop.call("catalog.create", bowl, { idempotencyKey: "bowl-1" })).resolves.toEqual(first);
  });

  test("can be written only with the scope", async () => {
    const params = { slug: "x", title: "X", variants: [{ sku: "X" }] };
    const guest = { auth: { kind: "anonymous" } as const };
    const customer = { auth: { kind: "customer", customerId: "cust_1" } as const };
    const pricer = { auth: { kind: "staff", staffId: "staff_1", scopes: ["pricing:write"] } as const };
    expect(await shop.refusal("catalog.create", params, guest)).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await shop.refusal("catalog.create", params, customer)).toMatchObject({ code: "FORBIDDEN" });
    expect(await shop.refusal("catalog.create", params, pricer)).toMatchObject({ code: "FORBIDDEN" });
  });
});

describe("resolving order lines", () => {
  test("answers in the order of the lines, and an archived product is not sold", async () => {
    const pen = await shop.call("catalog.create", { slug: "pen", title: "Pen", variants: [{ sku: "PEN" }] });
    const { productId } = await shop.call("catalog.create", {
      slug: "ink",
      title: "Ink",
      variants: [{ sku: "INK-1" }, { sku: "INK-2" }],
    });
    const items = [
      { productId: "prod_none" },
      { productId: pen.productId },
      { productId },
      { productId, sku: "INK-2" },
      { productId, sku: "PEN" },
    ];
    const expected = [
      { productId: "prod_none", problem: "UNKNOWN_PRODUCT" },
      { productId: pen.productId, sku: "PEN", title: "Pen" },
      { productId, problem: "SKU_REQUIRED" },
      { productId, sku: "INK-2", title: "Ink" },
      { productId, sku: "PEN", problem: "UNKNOWN_PRODUCT" },
    ];
    for (const _ of [1, 2]) expect((await shop.call("catalog.resolve", { items })).items).toEqual(expected);

    await shop.call("catalog.update", { productId, variants: [{ sku: "INK-2" }, { sku: "INK-3" }] });
    const areUnknown = async (...skus: string[]) =>
      (await shop.call("catalog.resolve", { items: skus.map((sku) => ({ productId, sku })) })).items.map(
        (item) => "problem" in item,
      );
    expect(await areUnknown("INK-1", "INK-2", "INK-3")).toEqual([true, false, false]);

    await shop.call("catalog.archive", { productId });
    expect(await areUnknown("INK-2", "INK-3")).toEqual([true, true]);
  });
});

describe("categories and brands", () => {
  test("are listed by page", async () => {
    expect(await shop.call("catalog.brands", {})).toEqual({
      brands: [{ slug: "lumo", name: "Lumo Lights" }],
      pagination: { page: 1, limit: 20, total: 1 },
    });
    expect(await shop.call("catalog.categories", { limit: 2, page: 2 })).toEqual({
      categories: [{ slug: "lamps", name: "Lamps", parent: "home" }],
      pagination: { page: 2, limit: 2, total: 3 },
    });
    expect((await shop.call("catalog.categories", { parent: "home" })).categories).toHaveLength(1);
  });

  test("cannot be removed while they contain something", async () => {
    const shelf = {
      slug: "shelf-lamp",
      title: "Shelf Lamp",
      brand: "lumo",
      categories: ["lamps"],
      variants: [{ sku: "SHELF" }],
    };
    await shop.call("catalog.create", shelf);
    expect(await shop.refusal("catalog.deleteCategory", { slug: "home" })).toMatchObject({ code: "CONFLICT" });
    expect(await shop.refusal("catalog.deleteCategory", { slug: "lamps" })).toMatchObject({ code: "CONFLICT" });
    expect(await shop.refusal("catalog.deleteBrand", { slug: "lumo" })).toMatchObject({ code: "CONFLICT" });
    await shop.call("catalog.createBrand", { slug: "brief", name: "Brief" });
    const { productId } = await shop.call("catalog.create", {
      slug: "brief",
      title: "Brief",
      brand: "brief",
      variants: [{ sku: "BRIEF" }],
    });
    await shop.call("catalog.archive", { productId });
    await shop.call("catalog.deleteBrand", { slug: "brief" });
    expect(await shop.refusal("catalog.deleteBrand", { slug: "brief" })).toMatchObject({ code: "NOT_FOUND" });
  });

  test("cannot be below themselves", async () => {
    expect(await shop.refusal("catalog.updateCategory", { slug: "home", parent: "lamps" })).toEqual({
      code: "VALIDATION_FAILED",
      paths: ["/parent"],
    });
    expect(await shop.refusal("catalog.updateCategory", { slug: "home", parent: "home" })).toMatchObject({
      code: "VALIDATION_FAILED",
    });
    expect(await shop.call("catalog.updateCategory", { slug: "garden", name: "The garden", parent: "home" })).toEqual({
      slug: "garden",
      name: "The garden",
      parent: "home",
    });
    expect(await shop.refusal("catalog.createCategory", { slug: "home", name: "Home" })).toMatchObject({
      code: "ALREADY_EXISTS",
    });
  });
});

test("the catalogue can be read while pricing and inventory are down, and is filled with the demonstration products", async () => {
  const alone = await TestShop.start([catalog], { SEED_DEMO: "on" });
  try {
    await readUntil(
      async () => (await alone.call("catalog.list", {})).pagination.total,
      (total) => total === demoProducts.length,
    );
    const { productId } = demoProducts[0] as (typeof demoProducts)[0];
    expect(await alone.call("catalog.get", { productId })).toMatchObject({
      price: null,
      availability: "unknown",
      variants: [{ price: null, available: null }],
    });
    const priced = { slug: "p", title: "P", variants: [{ sku: "P", price: { amount: 1 } }] };
    expect(await alone.refusal("catalog.create", priced)).toMatchObject({ code: "SERVICE_NOT_FOUND" });
    expect((await alone.call("catalog.list", { slug: "p" })).pagination.total).toBe(0);
  } finally {
    await alone.stop();
  }
});

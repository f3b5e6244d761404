import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import type { CallParams } from "#lib/contract/types.ts";
import catalog from "#services/product/catalog/catalog.service.ts";
import pricing from "#services/product/pricing/pricing.service.ts";
import { addTaxonomy, stubInventory, TestShop } from "./catalog-fixture.ts";

let shop: TestShop;
let db: pg.Client;

beforeAll(async () => {
  shop = await TestShop.start([catalog, pricing, stubInventory(new Map())]);
  db = new pg.Client({ connectionString: shop.urls.catalog });
  await db.connect();
  await addTaxonomy(shop);
});

afterAll(async () => {
  await db?.end();
  await shop?.stop();
});

describe("a batch", () => {
  const rows = (title = "Piece") =>
    Array.from({ length: 20 }, (_, i) => ({
      slug: `piece-${i}`,
      title: `${title} ${String(i).padStart(2, "0")}`,
      ...(i % 2 ? { brand: "lumo" } : {}),
      categories: [i < 5 ? "lamps" : "garden"],
      variants: [{ sku: `PIECE-${i}-A`, attributes: { b: 1, a: "x" } }, { sku: `PIECE-${i}-B` }],
    }));

  test("adds products, and changes nothing and emits nothing when it is sent again", async () => {
    const first = await shop.call("catalog.batch", { products: rows() });
    expect(first.products[3]).toMatchObject({ slug: "piece-3", skus: ["PIECE-3-A", "PIECE-3-B"] });
    const countEvents = async () => (await db.query("SELECT count(*)::int AS n FROM outbox")).rows[0].n;
    const before = await countEvents();
    await expect(shop.call("catalog.batch", { products: rows() })).resolves.toEqual(first);
    expect(await countEvents()).toBe(before);

    const changed = rows().map((row, i) => (i === 7 ? { ...row, title: "Another" } : row));
    await shop.call("catalog.batch", { products: changed });
    expect(await countEvents()).toBe(before + 1);
    const { rows: events } = await db.query("SELECT event_type, data FROM outbox WHERE key = $1 ORDER BY sequence", [
      first.products[7]?.productId,
    ]);
    expect(events.at(-1)).toMatchObject({
      event_type: "ProductUpdated",
      data: { title: "Another", categories: ["garden"] },
    });
    await shop.call("catalog.batch", { products: rows() });
  });

  test("can move a sku from one product to another, but not name it twice", async () => {
    const [a, b] = rows() as [ReturnType<typeof rows>[0], ReturnType<typeof rows>[0]];
    const moved = [
      { ...a, variants: [{ sku: "PIECE-0-B" }] },
      { ...b, variants: [...b.variants, { sku: "PIECE-0-A" }] },
    ];
    const { products } = await shop.call("catalog.batch", { products: moved });
    expect(products.map(({ skus }) => skus)).toEqual([["PIECE-0-B"], ["PIECE-1-A", "PIECE-1-B", "PIECE-0-A"]]);
    const twice = [a, { ...b, variants: [{ sku: "PIECE-0-A" }] }];
    expect(await shop.refusal("catalog.batch", { products: twice })).toEqual({
      code: "VALIDATION_FAILED",
      paths: ["/products/1/variants/0/sku"],
    });
    await shop.call("catalog.batch", { products: [b, a].reverse() });
  });

  test("writes all products or none", async () => {
    const good = { slug: "good", title: "Good", variants: [{ sku: "GOOD" }] };
    const bad = { slug: "bad", title: "Bad", brand: "nobody", variants: [{ sku: "BAD" }] };
    expect(await shop.refusal("catalog.batch", { products: [good, bad] })).toEqual({
      code: "VALIDATION_FAILED",
      paths: ["/products/1/brand"],
    });
    expect((await shop.call("catalog.list", { slug: "good" })).pagination.total).toBe(0);
  });

  test("that is sent several times at one moment is applied once", async () => {
    const products = rows("Raced").map((row) => ({
      ...row,
      slug: `raced-${row.slug}`,
      variants: row.variants.map(({ sku }) => ({ sku: `RACED-${sku}` })),
    }));
    const answers = await Promise.all([0, 1, 2, 3].map(() => shop.call("catalog.batch", { products })));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    for (const { productId } of answers[0]?.products ?? []) await shop.call("catalog.archive", { productId });
  });

  test("can be listed by filter, page and order", async () => {
    const list = (params: CallParams<"catalog.list">) =>
      shop.call("catalog.list", { limit: 100, q: "piece-", ...params });
    const titles = async (params: CallParams<"catalog.list">) =>
      (await list(params)).products.map(({ title }) => title);
    expect((await list({})).pagination).toEqual({ page: 1, limit: 100, total: 20 });
    expect((await list({ category: "lamps" })).pagination.total).toBe(5);
    expect((await list({ category: "home" })).pagination.total).toBe(5);
    expect((await list({ category: "nowhere" })).pagination.total).toBe(0);
    expect((await list({ category: "garden", brand: "lumo" })).pagination.total).toBe(8);
    expect(await titles({ q: "PIECE 03" })).toEqual(["Piece 03"]);
    expect(await titles({ q: "piece-3-a" })).toEqual(["Piece 03"]);
    expect(await titles({ q: "%" })).toEqual([]);
    expect(await titles({ q: "lumo lights", category: "lamps", sort: "title" })).toEqual(["Piece 01", "Piece 03"]);
    expect(await titles({ slug: "piece-4" })).toEqual(["Piece 04"]);
    const ascending = await titles({ sort: "title" });
    expect(ascending).toEqual([...ascending].sort());
    expect(await titles({ sort: "-title" })).toEqual([...ascending].reverse());
    const paged = [];
    for (const page of [1, 2, 3]) paged.push(...(await titles({ sort: "title", page, limit: 8 })));
    expect(paged).toEqual(ascending);
    expect(await list({ page: 4, limit: 8 })).toEqual({ products: [], pagination: { page: 4, limit: 8, total: 20 } });
    const unknownOrder = { sort: "price" } as unknown as CallParams<"catalog.list">;
    expect(await shop.refusal("catalog.list", unknownOrder)).toMatchObject({ code: "VALIDATION_FAILED" });
  });

  test("sends its prices to pricing", async () => {
    const products = [1, 2].map((n) => ({
      slug: `priced-${n}`,
      title: "Priced",
      variants: [{ sku: `PRICED-${n}`, price: { amount: n + 0.5, currency: "EUR" } }],
    }));
    await shop.call("catalog.batch", { products });
    const { prices } = await shop.call("pricing.prices", { skus: ["PRICED-1", "PRICED-2"], currency: "EUR" });
    expect(prices.map(({ amountMinor }) => amountMinor).sort()).toEqual([150, 250]);
    const [product] = (await shop.call("catalog.list", { slug: "priced-2", currency: "EUR" })).products;
    expect(product).toMatchObject({ price: { amount: 2.5, currency: "EUR" }, availability: "out_of_stock" });
  });
});

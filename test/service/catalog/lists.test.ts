import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import pg from "pg";
import { limits } from "#config/limits.ts";
import type { CallParams } from "#lib/contract/types.ts";
import catalog from "#services/product/catalog/catalog.service.ts";
import { addTaxonomy, TestShop } from "./catalog-fixture.ts";

type Query = CallParams<"catalog.list">;
const SORTS = ["title", "-title", "createdAt", "-createdAt"] as const;
const RUNS = 25;

let shop: TestShop;
let db: pg.Client;
let number = 0;

beforeAll(async () => {
  shop = await TestShop.start([catalog]);
  db = new pg.Client({ connectionString: shop.urls.catalog });
  await db.connect();
  await addTaxonomy(shop);
});

beforeEach(async () => {
  await db.query("TRUNCATE variant, product_category, product CASCADE");
});

afterAll(async () => {
  await db?.end();
  await shop?.stop();
});

/** Adds products with these titles, and returns their ids. */
async function add(
  titles: readonly string[],
  facts: { brand?: string; categories?: string[] } = {},
): Promise<string[]> {
  if (titles.length === 0) return [];
  const products = titles.map((title) => {
    number += 1;
    return { slug: `listed-${number}`, title, ...facts, variants: [{ sku: `LISTED-${number}` }] };
  });
  return (await shop.call("catalog.batch", { products })).products.map(({ productId }) => productId);
}

const idsOf = ({ products }: { products: { productId: string }[] }) => products.map(({ productId }) => productId);

/** Reads a list to its end by cursor. Between two parts `meanwhile` runs. */
async function readAll(query: Query, meanwhile: () => Promise<unknown> = async () => {}): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | undefined, parts = 0; ; parts += 1) {
    expect(parts).toBeLessThan(1_000);
    const answer = await shop.call("catalog.list", { ...query, ...(cursor === undefined ? {} : { cursor }) });
    ids.push(...idsOf(answer));
    cursor = answer.pagination.next;
    if (cursor === undefined) return ids;
    await meanwhile();
  }
}

describe("a list that is read by cursor", () => {
  const queries = [
    {},
    { category: "home" },
    { brand: "lumo" },
    { category: "home", brand: "lumo" },
    { q: "lamp" },
  ] as const;
  const title = fc.constantFrom("lamp", "Lamp", "LAMP a", "lamp b", "Ünder lamp", "Zoo lamp");

  test("has each product that was there all the time once, whatever is added and archived meanwhile", async () => {
    const facts = { brand: "lumo", categories: ["lamps", "home"] };
    await fc.assert(
      fc.asyncProperty(
        fc.array(title, { maxLength: 8 }),
        fc.array(title, { maxLength: 4 }),
        fc.constantFrom(...SORTS),
        fc.constantFrom(...queries),
        fc.integer({ min: 1, max: 4 }),
        async (before, added, sort, query, limit) => {
          await db.query("TRUNCATE variant, product_category, product CASCADE");
          const [archived, ...stay] = await add(before, facts);
          const later = [...added];
          let isArchived = false;
          const ids = await readAll({ ...query, sort, limit }, async () => {
            await add(later.splice(0, 1), facts);
            if (archived !== undefined && !isArchived) await shop.call("catalog.archive", { productId: archived });
            isArchived = true;
          });
          expect(new Set(ids).size).toBe(ids.length);
          expect(ids).toEqual(expect.arrayContaining(stay));
        },
      ),
      { numRuns: RUNS },
    );
  });

  test("has the same order as by page", async () => {
    await add(["b", "A", "a", "C", "b", "b"], { categories: ["lamps"] });
    for (const sort of SORTS) {
      const all = idsOf(await shop.call("catalog.list", { sort, limit: 100 }));
      expect(all).toHaveLength(6);
      for (const query of [{}, { category: "home" }]) {
        expect(await readAll({ ...query, sort, limit: 4 })).toEqual(all);
        const pages = await Promise.all(
          [1, 2].map((page) => shop.call("catalog.list", { ...query, sort, page, limit: 3 })),
        );
        expect(pages.flatMap(idsOf)).toEqual(all);
      }
    }
  });

  test("distinguishes times that a JavaScript date does not", async () => {
    await add(["a", "b", "c"]);
    await db.query("UPDATE product SET created_at = timestamptz '2026-01-01' + random() * interval '0.9 ms'");
    expect(new Set(await readAll({ limit: 1 })).size).toBe(3);
    expect(new Set(await readAll({ limit: 1, sort: "createdAt" })).size).toBe(3);
  });

  test("shows a product of several of its categories once", async () => {
    const ids = await add(["a", "b", "c"], { categories: ["home", "lamps"] });
    const answer = await shop.call("catalog.list", { category: "home", sort: "title", limit: 2 });
    expect(answer.pagination).toEqual({ page: 1, limit: 2, total: 3, next: expect.any(String) });
    expect(await readAll({ category: "home", sort: "title", limit: 2 })).toEqual(ids);
    await shop.call("catalog.update", { productId: ids[1] as string, title: "z", categories: ["lamps"] });
    expect(await readAll({ category: "lamps", sort: "title", limit: 1 })).toEqual([ids[0], ids[2], ids[1]]);
    await shop.call("catalog.archive", { productId: ids[0] as string });
    expect(await readAll({ category: "home", sort: "title" })).toEqual([ids[2], ids[1]]);
  });

  test("refuses a cursor of another list, and one beside a page", async () => {
    await add(["a", "b"]);
    const { next } = (await shop.call("catalog.list", { limit: 1 })).pagination;
    const refused = { code: "VALIDATION_FAILED", paths: ["/cursor"] };
    const others: Query[] = [
      { sort: "title" },
      { brand: "lumo" },
      { category: "home" },
      { q: "a" },
      { slug: "a" },
      { page: 1 },
    ];
    for (const query of others) expect(await shop.refusal("catalog.list", { cursor: next, ...query })).toEqual(refused);
    expect(await shop.refusal("catalog.list", { cursor: "AAAA" })).toEqual(refused);
    expect(await shop.refusal("catalog.list", { cursor: "not a cursor" })).toEqual(refused);
    expect((await shop.call("catalog.list", { cursor: next, limit: 5, currency: "EUR" })).pagination).toEqual({
      limit: 5,
    });
  });
});

test("a page beyond the last one is refused", async () => {
  const paths = ["/page"];
  expect(await shop.refusal("catalog.list", { page: limits.LIST_PAGES + 1 })).toEqual({
    code: "VALIDATION_FAILED",
    paths,
  });
  const { products, pagination } = await shop.call("catalog.list", { page: limits.LIST_PAGES });
  expect({ products, pagination }).toEqual({
    products: [],
    pagination: { page: limits.LIST_PAGES, limit: 20, total: 0 },
  });
});

describe("a total", () => {
  test("is exact up to a bound, and then says so", async () => {
    const rows = limits.LIST_TOTAL;
    const insert = (from: number, to: number) =>
      db.query(
        `WITH one AS (
           INSERT INTO product (product_id, slug, title, brand, images, description, attributes, search_text, created_at, updated_at)
           SELECT 'many_' || n, 'many-' || n, 'Many', 'lumo', '{}', '', '{}', ' many', now(), now() FROM generate_series($1::int, $2::int) n
           RETURNING *
         ) INSERT INTO product_category (product_id, place, category, brand, created_at, title_key)
           SELECT product_id, 0, 'lamps', brand, created_at, title_key FROM one`,
        [from, to],
      );
    await insert(1, rows);
    const total = async (query: Query) => {
      const { pagination } = await shop.call("catalog.list", query);
      return [pagination.total, pagination.atLeast ?? false];
    };
    const exact = [{}, { brand: "lumo" }, { category: "lamps" }, { category: "home" }];
    for (const query of exact) expect(await total(query)).toEqual([rows, false]);
    await insert(rows + 1, rows + 1);
    for (const query of exact) expect(await total(query)).toEqual([rows, true]);
    expect(await total({ q: "many" })).toEqual([1_000, true]);
    expect(await total({ q: "nothing" })).toEqual([0, false]);
  });
});

describe("a search", () => {
  test("finds title, sku and brand, without regard to case and accents", async () => {
    const [lantern, cup] = await add(["Đèn lồng", "Чашка 東京"]);
    const [other] = await add(["Other"], { brand: "lumo" });
    const found = async (q: string) => idsOf(await shop.call("catalog.list", { q, sort: "title" }));
    expect(await found("DEN long")).toEqual([lantern]);
    expect(await found("чаш")).toEqual([cup]);
    expect(await found("京")).toEqual([cup]);
    expect(await found("lumo l")).toEqual([other]);
    expect(await found("%")).toEqual([]);
    const [{ sku } = { sku: "" }] = (await shop.call("catalog.get", { productId: other as string })).variants;
    expect(await found(sku.toLowerCase())).toEqual([other]);
    await shop.call("catalog.update", { productId: other as string, title: "Another one" });
    expect(await found("another")).toEqual([other]);
  });
});

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import catalog from "#services/product/catalog/catalog.service.ts";
import pricing from "#services/product/pricing/pricing.service.ts";
import { readUntil } from "#test/support/eventually.ts";
import { addTaxonomy, defineClothes, stubInventory, TestShop } from "./catalog-fixture.ts";

let shop: TestShop;

beforeAll(async () => {
  shop = await TestShop.start([catalog, pricing, stubInventory(new Map())]);
  await addTaxonomy(shop);
  await defineClothes(shop);
  const bag = (slug: string, weight: number, since: string, colours: string[], more: object = {}) => ({
    slug,
    title: slug,
    brand: "lumo",
    categories: ["lamps"],
    attributeSet: "clothes",
    attributes: { weight, since, washable: weight < 2 },
    variants: colours.map((colour) => ({ sku: `${slug}-${colour}`, attributes: { colour } })),
    ...more,
  });
  await shop.call("catalog.batch", {
    products: [
      bag("bag-a", 1, "2026-01-01", ["red"]),
      bag("bag-b", 2.5, "2026-01-02", ["red", "blue"]),
      bag("bag-c", 5, "2026-01-03", ["blue"]),
      bag("bag-d", 20, "2026-01-04", ["blue"], { brand: null, categories: ["garden"] }),
    ],
  });
});

afterAll(() => shop?.stop());

const slugs = async (params: object) =>
  (await shop.call("catalog.list", { sort: "title", ...params })).products.map(({ slug }) => slug);

describe("lists", () => {
  test("are filtered by values of products and variants, with everything else", async () => {
    const lumo = { brand: "lumo" };
    await expect(slugs({ ...lumo, attributes: { colour: ["red"] } })).resolves.toEqual(["bag-a", "bag-b"]);
    await expect(slugs({ ...lumo, attributes: { colour: ["red"], weight: ["2..5"] } })).resolves.toEqual(["bag-b"]);
    await expect(slugs({ category: "home", attributes: { colour: ["blue"] } })).resolves.toEqual(["bag-b", "bag-c"]);
    await expect(slugs({ attributes: { weight: ["5.."], colour: ["red,blue"] } })).resolves.toEqual(["bag-c", "bag-d"]);
    await expect(slugs({ q: "bag", attributes: { washable: ["true"] } })).resolves.toEqual(["bag-a"]);
    await expect(slugs({ slug: "bag-a", attributes: { weight: ["1"] } })).resolves.toEqual(["bag-a"]);
    await expect(slugs({ slug: "bag-a", attributes: { weight: ["2"] } })).resolves.toEqual([]);
  });

  test("are read to their end by cursor", async () => {
    const asked = { attributes: { colour: ["blue"], weight: ["2.."] }, sort: "-title" as const, limit: 2 };
    const first = await shop.call("catalog.list", asked);
    expect(first.pagination).toMatchObject({ total: 3, page: 1 });
    const { next = "" } = first.pagination;
    const rest = await shop.call("catalog.list", { ...asked, cursor: next });
    expect([...first.products, ...rest.products].map(({ slug }) => slug)).toEqual(["bag-d", "bag-c", "bag-b"]);
    expect(rest.pagination.next).toBeUndefined();
    const other = { ...asked, attributes: { colour: ["blue"] }, cursor: next };
    expect(await shop.refusal("catalog.list", other)).toMatchObject({ paths: ["/cursor"] });
  });

  test("count the values of what they find", async () => {
    const { facets, facetsAtLeast } = await shop.call("catalog.list", {
      q: "bag",
      facets: ["attributes.colour", "attributes.weight", "brand"],
      attributes: { weight: ["..10"] },
    });
    expect(facets).toEqual({
      brand: [{ value: "lumo", count: 3 }],
      colour: [
        { value: "blue", count: 2 },
        { value: "red", count: 2 },
      ],
      weight: [
        { value: "1", count: 1 },
        { value: "2.5", count: 1 },
        { value: "5", count: 1 },
      ],
    });
    expect(facetsAtLeast).toBeUndefined();
  });

  test("are refused for what they cannot be filtered by", async () => {
    expect(await shop.refusal("catalog.list", { attributes: { nothing: ["x"], story: ["x"] } })).toEqual({
      code: "VALIDATION_FAILED",
      paths: ["/attributes.nothing", "/attributes.story"],
    });
    expect(await shop.refusal("catalog.list", { facets: ["attributes.story"] })).toMatchObject({
      paths: ["/facets/0"],
    });
  });

  test("find products that had a value before its attribute was defined, or its options or filters changed", async () => {
    const slug = "free-form";
    await shop.call("catalog.create", { slug, title: slug, attributes: { grip: "soft" }, variants: [{ sku: "FREE" }] });
    const define = { code: "grip", type: "option" as const, options: ["hard"], filterable: true };
    await shop.call("catalog.createAttribute", define);
    await expect(slugs({ attributes: { grip: ["hard"] } })).resolves.toEqual([]);
    await shop.call("catalog.updateAttribute", { code: "grip", options: ["hard", "soft"] });
    const found = await readUntil(
      () => slugs({ attributes: { grip: ["soft"] } }),
      (list) => list.length > 0,
    );
    expect(found).toEqual([slug]);
  });
});

describe("collections", () => {
  const cheap = { priceBelow: { amount: 20, currency: "USD" } };

  beforeAll(async () => {
    const priced = (slug: string, amounts: number[], more: object = {}) => ({
      slug,
      title: slug,
      brand: "lumo",
      categories: ["garden"],
      variants: amounts.map((amount, at) => ({ sku: `${slug}-${at}`, price: { amount } })),
      ...more,
    });
    await shop.call("catalog.batch", {
      products: [
        priced("col-a", [10]),
        priced("col-b", [25, 19.99]),
        priced("col-c", [20]),
        priced("col-d", [5], { brand: null }),
        priced("col-e", [1], { categories: ["lamps"] }),
      ],
    });
    await shop.call("catalog.createCollection", { code: "cheap", title: "Cheap", rule: { brand: "lumo", ...cheap } });
    await shop.call("catalog.createCollection", {
      code: "blue",
      title: "Blue",
      rule: { category: "home", attributes: { colour: ["blue"], weight: "2..30" } },
    });
  });

  test("list the products that fit their rule, and what else is asked", async () => {
    await expect(slugs({ collection: "blue" })).resolves.toEqual(["bag-b", "bag-c"]);
    await expect(slugs({ collection: "blue", attributes: { weight: ["3.."] } })).resolves.toEqual(["bag-c"]);
    await expect(slugs({ collection: "blue", category: "garden" })).resolves.toEqual([]);
    await expect(slugs({ collection: "cheap" })).resolves.toEqual(["col-a", "col-b", "col-e"]);
    await expect(slugs({ collection: "cheap", category: "garden" })).resolves.toEqual(["col-a", "col-b"]);
    await expect(slugs({ collection: "cheap", slug: "col-b" })).resolves.toEqual(["col-b"]);
    await expect(slugs({ collection: "cheap", slug: "col-c" })).resolves.toEqual([]);
    const { facets, pagination } = await shop.call("catalog.list", { collection: "cheap", facets: ["brand"] });
    expect(facets).toEqual({ brand: [{ value: "lumo", count: 3 }] });
    expect(pagination).toEqual({ page: 1, limit: 20, total: 3 });
    const asked = { collection: "cheap", facets: ["brand" as const], limit: 1 };
    const first = await shop.call("catalog.list", asked);
    expect(first.facetsAtLeast).toBeUndefined();
    const rest = await shop.call("catalog.list", { ...asked, cursor: first.pagination.next ?? "" });
    expect(rest).toMatchObject({ facets: { brand: [{ value: "lumo", count: 2 }] }, facetsAtLeast: true });
  });

  test("follow prices at once, and changes of the rule", async () => {
    await shop.call("pricing.setPrice", { sku: "col-c-0", amount: 19 });
    await shop.call("pricing.setPrice", { sku: "col-a-0", amount: 21 });
    await expect(slugs({ collection: "cheap" })).resolves.toEqual(["col-b", "col-c", "col-e"]);
    await shop.call("catalog.updateCollection", { code: "cheap", rule: cheap });
    await expect(slugs({ collection: "cheap" })).resolves.toEqual(["col-b", "col-c", "col-d", "col-e"]);
  });

  test("are read to their end by cursor and by page", async () => {
    const read: string[] = [];
    for (let cursor: string | undefined, part = 0; part === 0 || cursor; part += 1) {
      const asked = { collection: "cheap", sort: "title" as const, limit: 1, ...(cursor ? { cursor } : {}) };
      const { products, pagination } = await shop.call("catalog.list", asked);
      read.push(...products.map(({ slug }) => slug));
      cursor = pagination.next;
      expect(part).toBeLessThan(10);
    }
    expect(read).toEqual(["col-b", "col-c", "col-d", "col-e"]);
    await expect(slugs({ collection: "cheap", limit: 3, page: 2 })).resolves.toEqual(["col-e"]);
  });

  test("are refused with a rule that nothing can fit, and keep what they need", async () => {
    const rule = { brand: "none", category: "none", attributes: { colour: "green" } };
    expect(await shop.refusal("catalog.createCollection", { code: "x", title: "X", rule })).toEqual({
      code: "VALIDATION_FAILED",
      paths: ["/rule/category", "/rule/brand", "/rule/attributes/colour"],
    });
    expect(await shop.refusal("catalog.createCollection", { code: "x", title: "X", rule: {} })).toMatchObject({
      paths: ["/rule"],
    });
    expect(await shop.refusal("catalog.list", { collection: "none" })).toMatchObject({ paths: ["/collection"] });
    expect(await shop.refusal("catalog.updateAttribute", { code: "weight", filterable: false })).toMatchObject({
      code: "CONFLICT",
    });
    await shop.call("catalog.deleteCollection", { code: "blue" });
    expect(await shop.refusal("catalog.getCollection", { code: "blue" })).toMatchObject({ code: "NOT_FOUND" });
  });
});

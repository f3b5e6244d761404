import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import catalog from "#services/product/catalog/catalog.service.ts";
import pricing from "#services/product/pricing/pricing.service.ts";
import { readUntil } from "#test/support/eventually.ts";
import { addTaxonomy, stubInventory, TestShop } from "./catalog-fixture.ts";

let shop: TestShop;
let db: pg.Client;

beforeAll(async () => {
  shop = await TestShop.start([catalog, pricing, stubInventory(new Map())]);
  db = new pg.Client({ connectionString: shop.urls.catalog });
  await db.connect();
  await addTaxonomy(shop);
  await shop.call("catalog.createAttribute", { code: "weight", type: "number", unit: "kg", filterable: true });
  await shop.call("catalog.createAttribute", {
    code: "colour",
    type: "option",
    options: ["red", "blue"],
    filterable: true,
  });
  await shop.call("catalog.createAttribute", {
    code: "size",
    type: "option",
    options: ["s", "m", "l"],
    filterable: true,
  });
  await shop.call("catalog.createAttribute", { code: "washable", type: "boolean", filterable: true });
  await shop.call("catalog.createAttribute", { code: "since", type: "date" });
  await shop.call("catalog.createAttribute", { code: "story", type: "text", localised: true });
  await shop.call("catalog.createAttributeSet", { code: "things", attributes: ["weight", "since", "story"] });
  await shop.call("catalog.createAttributeSet", {
    code: "clothes",
    attributes: ["colour", "size", "washable"],
    axes: ["colour", "size"],
    extends: "things",
  });
});

afterAll(async () => {
  await db?.end();
  await shop?.stop();
});

const shirt = (slug: string, more: object = {}) => ({
  slug,
  title: slug,
  attributeSet: "clothes",
  attributes: { weight: 0.2, washable: true, since: "2026-02-28", story: "It was wool." },
  variants: [
    { sku: `${slug}-RS`, attributes: { colour: "red", size: "s" } },
    { sku: `${slug}-BS`, attributes: { colour: "blue", size: "s" } },
  ],
  ...more,
});

describe("attributes and sets", () => {
  test("are read as they were defined, with what a set inherits", async () => {
    await expect(shop.call("catalog.getAttribute", { code: "weight" })).resolves.toEqual({
      code: "weight",
      name: "weight",
      type: "number",
      options: [],
      unit: "kg",
      localised: false,
      filterable: true,
    });
    await expect(shop.call("catalog.getAttributeSet", { code: "clothes" })).resolves.toMatchObject({
      extends: "things",
      allAttributes: ["weight", "since", "story", "colour", "size", "washable"],
      allAxes: ["colour", "size"],
    });
    const { attributes, pagination } = await shop.call("catalog.attributes", { limit: 2 });
    expect(attributes.map(({ code }) => code)).toEqual(["colour", "since"]);
    expect(pagination.total).toBe(6);
    const { attributeSets } = await shop.call("catalog.attributeSets", {});
    expect(attributeSets.map(({ code }) => code)).toEqual(["clothes", "things"]);
  });

  test("are refused when they cannot be", async () => {
    const refusal = shop.refusal.bind(shop);
    expect(await refusal("catalog.createAttribute", { code: "weight", type: "text" })).toMatchObject({
      code: "ALREADY_EXISTS",
    });
    expect(await refusal("catalog.createAttribute", { code: "x", type: "option" })).toEqual({
      code: "VALIDATION_FAILED",
      paths: ["/options"],
    });
    expect(await refusal("catalog.createAttributeSet", { code: "x", attributes: ["nothing"] })).toEqual({
      code: "VALIDATION_FAILED",
      paths: ["/attributes/0"],
    });
    expect(await refusal("catalog.updateAttributeSet", { code: "things", extends: "clothes" })).toEqual({
      code: "VALIDATION_FAILED",
      paths: ["/extends"],
    });
    for (const name of ["catalog.getAttribute", "catalog.deleteAttribute", "catalog.deleteAttributeSet"] as const)
      expect(await refusal(name, { code: "none" })).toMatchObject({ code: "NOT_FOUND" });
  });

  test("cannot lose what products have", async () => {
    await shop.call("catalog.create", shirt("kept"));
    const refused = (name: "catalog.updateAttribute" | "catalog.updateAttributeSet", params: { code: string }) =>
      expect(shop.refusal(name, params)).resolves.toMatchObject({ code: "CONFLICT" });
    await refused("catalog.updateAttribute", { code: "colour", options: ["red"] } as { code: string });
    await refused("catalog.updateAttribute", { code: "weight", unit: "g" } as { code: string });
    await refused("catalog.updateAttributeSet", { code: "things", attributes: ["weight", "since"] } as {
      code: string;
    });
    await refused("catalog.updateAttributeSet", { code: "clothes", axes: ["colour"] } as { code: string });
    expect(await shop.refusal("catalog.deleteAttribute", { code: "colour" })).toMatchObject({ code: "CONFLICT" });
    expect(await shop.refusal("catalog.deleteAttributeSet", { code: "things" })).toMatchObject({ code: "CONFLICT" });
    expect(await shop.refusal("catalog.deleteAttributeSet", { code: "clothes" })).toMatchObject({ code: "CONFLICT" });
    await shop.call("catalog.updateAttribute", { code: "size", options: ["s", "xl"] }); // nobody has m or l
    await shop.call("catalog.updateAttribute", { code: "size", options: ["s", "m", "l"] });
  });

  test("that nobody has can be removed", async () => {
    await shop.call("catalog.createAttribute", { code: "gone", type: "text" });
    await shop.call("catalog.createAttributeSet", { code: "gone", attributes: ["gone"] });
    await shop.call("catalog.deleteAttributeSet", { code: "gone" });
    await shop.call("catalog.deleteAttribute", { code: "gone" });
    expect(await shop.refusal("catalog.getAttribute", { code: "gone" })).toMatchObject({ code: "NOT_FOUND" });
  });

  test("that a parent gets are those of its children as well", async () => {
    await shop.call("catalog.createAttribute", { code: "maker", type: "text" });
    const attributes = ["weight", "since", "story", "maker"];
    await shop.call("catalog.updateAttributeSet", { code: "things", attributes });
    await shop.call("catalog.create", shirt("made", { attributes: { maker: "Ada" } }));
  });
});

describe("products with a set", () => {
  test("keep their values, and are refused with the path of one that does not fit", async () => {
    const created = await shop.call("catalog.create", shirt("shirt", { taxCategory: "clothing" }));
    const { productId } = created;
    expect(created).toMatchObject({ attributeSet: "clothes", attributes: { weight: 0.2 }, taxCategory: "clothing" });
    await expect(shop.call("catalog.get", { productId })).resolves.toEqual(created);
    const wrong = { weight: "200 g", since: "yesterday", washable: "yes", height: 3 };
    expect(await shop.refusal("catalog.update", { productId, attributes: wrong })).toEqual({
      code: "VALIDATION_FAILED",
      paths: ["/attributes/weight", "/attributes/since", "/attributes/washable", "/attributes/height"],
    });
    const { variants } = shirt("shirt");
    expect(
      await shop.refusal("catalog.update", {
        productId,
        variants: [...variants, { ...variants[0], sku: "SHIRT-3" }],
      } as never),
    ).toEqual({
      code: "VALIDATION_FAILED",
      paths: ["/variants/2/attributes"],
    });
    expect(
      await shop.refusal("catalog.batch", {
        products: [shirt("fine"), shirt("bad", { variants: [{ sku: "BAD", attributes: { colour: "green" } }] })],
      }),
    ).toEqual({ code: "VALIDATION_FAILED", paths: ["/products/1/variants/0/attributes/colour"] });
    expect(await shop.refusal("catalog.create", shirt("other", { attributeSet: "none" }))).toEqual({
      code: "VALIDATION_FAILED",
      paths: ["/attributeSet"],
    });
    await shop.call("catalog.update", { productId, attributeSet: null, attributes: { free: "as before" } });
    await expect(shop.call("catalog.get", { productId })).resolves.toMatchObject({
      attributeSet: null,
      attributes: { free: "as before" },
    });
  });

  test("tell their facts in events", async () => {
    const { productId } = await shop.call("catalog.create", shirt("told"));
    const { rows } = await db.query("SELECT data FROM outbox WHERE key = $1", [productId]);
    expect(rows[0].data).toMatchObject({ attributeSet: "clothes", taxCategory: "standard" });
  });

  test("are written once by the same batch", async () => {
    const products = [shirt("batched")];
    const first = await shop.call("catalog.batch", { products });
    await expect(shop.call("catalog.batch", { products })).resolves.toEqual(first);
    const { rows } = await db.query("SELECT 1 FROM outbox WHERE key = $1", [first.products[0]?.productId]);
    expect(rows).toHaveLength(1);
  });
});

describe("lists", () => {
  const slugs = async (params: object) =>
    (await shop.call("catalog.list", { sort: "title", ...params })).products.map(({ slug }) => slug);

  beforeAll(async () => {
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

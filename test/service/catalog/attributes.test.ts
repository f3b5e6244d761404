import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import catalog from "#services/product/catalog/catalog.service.ts";
import pricing from "#services/product/pricing/pricing.service.ts";
import { addTaxonomy, defineClothes, shirt, stubInventory, TestShop } from "./catalog-fixture.ts";

let shop: TestShop;
let db: pg.Client;

beforeAll(async () => {
  shop = await TestShop.start([catalog, pricing, stubInventory(new Map())]);
  db = new pg.Client({ connectionString: shop.urls.catalog });
  await db.connect();
  await addTaxonomy(shop);
  await defineClothes(shop);
});

afterAll(async () => {
  await db?.end();
  await shop?.stop();
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

describe("languages", () => {
  test("have their own texts, labels and numbers, and fall back", async () => {
    const { productId } = await shop.call("catalog.create", shirt("spoken"));
    const get = (locale?: string) => shop.call("catalog.get", { productId, ...(locale ? { locale } : {}) });
    expect((await get()).display).toEqual({ weight: "0.2 kg" });
    await shop.call("catalog.translateProduct", {
      productId,
      locale: "de",
      title: "Hemd",
      attributes: { story: "Es war Wolle." },
    });
    await shop.call("catalog.translateProduct", { productId, locale: "de-at", description: "Leiwand." });
    await shop.call("catalog.translateAttribute", {
      code: "colour",
      locale: "de",
      name: "Farbe",
      labels: { red: "Rot" },
    });
    expect(await get("de-AT")).toMatchObject({
      title: "Hemd",
      description: "Leiwand.",
      attributes: { story: "Es war Wolle.", weight: 0.2 },
      display: { weight: "0,2 kg" },
      variants: [{ display: { colour: "Rot" } }, {}],
    });
    expect(await get("de")).toMatchObject({ title: "Hemd", description: "" });
    expect(await get("it")).toMatchObject({ title: "spoken", display: { weight: "0,2 kg" } });
    const { products } = await shop.call("catalog.list", { slug: "spoken", locale: "de" });
    expect(products[0]?.title).toBe("Hemd");
    await expect(shop.call("catalog.getAttribute", { code: "colour", locale: "de" })).resolves.toMatchObject({
      name: "Farbe",
      labels: { red: "Rot" },
    });
    const { translations } = await shop.call("catalog.productTranslations", { productId });
    expect(translations.map(({ locale }) => locale)).toEqual(["de", "de-AT"]);
    await shop.call("catalog.translateProduct", { productId, locale: "de" });
    expect(await get("de")).toMatchObject({ title: "spoken", attributes: { story: "It was wool." } });
  });

  test("have names of categories and brands, whose branch is read with what is above it", async () => {
    await shop.call("catalog.translateCategory", { slug: "lamps", locale: "de", name: "Lampen" });
    await shop.call("catalog.translateBrand", { slug: "lumo", locale: "de", name: "Lumo Leuchten" });
    const { brands } = await shop.call("catalog.brands", { locale: "de-CH" });
    expect(brands).toEqual([{ slug: "lumo", name: "Lumo Leuchten" }]);
    const branch = await shop.call("catalog.categories", { branch: "home", locale: "de" });
    expect(branch.categories.map(({ name }) => name)).toEqual(["Home", "Lampen"]);
    const leaf = await shop.call("catalog.categories", { branch: "lamps" });
    expect(leaf).toMatchObject({
      categories: [{ slug: "lamps" }],
      breadcrumbs: [{ slug: "home" }],
      pagination: { total: 1 },
    });
  });

  test("are refused for the shop's own, and for what is not translated", async () => {
    const { productId } = await shop.call("catalog.create", shirt("silent"));
    expect(await shop.refusal("catalog.translateProduct", { productId, locale: "en", title: "X" })).toMatchObject({
      paths: ["/locale"],
    });
    const attributes = { washable: "ja", nothing: "x" };
    expect(await shop.refusal("catalog.translateProduct", { productId, locale: "de", attributes })).toMatchObject({
      paths: ["/attributes/washable", "/attributes/nothing"],
    });
    expect(
      await shop.refusal("catalog.translateAttribute", { code: "colour", locale: "de", labels: { green: "Grün" } }),
    ).toMatchObject({
      paths: ["/labels/green"],
    });
    expect(await shop.refusal("catalog.translateBrand", { slug: "none", locale: "de", name: "X" })).toMatchObject({
      code: "NOT_FOUND",
    });
  });
});

test("a branch of categories moves with all below it, and never below itself", async () => {
  await shop.call("catalog.create", {
    slug: "moved",
    title: "Moved",
    categories: ["lamps"],
    variants: [{ sku: "MOVED" }],
  });
  await shop.call("catalog.updateCategory", { slug: "home", parent: "garden" });
  const { products } = await shop.call("catalog.list", { category: "garden", slug: "moved" });
  expect(products).toHaveLength(1);
  for (const parent of ["lamps", "home"])
    expect(await shop.refusal("catalog.updateCategory", { slug: "home", parent })).toMatchObject({
      paths: ["/parent"],
    });
});

import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { armFailPoints, FailPoints } from "#lib/fault-injection/fail-points.ts";
import { failPointsOfSchema } from "#mixins/service/fail-point-list.ts";
import catalog from "#services/product/catalog/catalog.service.ts";
import { readHeader } from "#services/product/catalog/domain/import/header.ts";
import { catalogLimits } from "#services/product/catalog/domain/limits.ts";
import { addPart, insertImport } from "#services/product/catalog/import.store.ts";
import { removeOldImports } from "#services/product/catalog/jobs/remove-old-imports.ts";
import { chunksOf } from "#services/product/catalog/steps/read-file.ts";
import pricing from "#services/product/pricing/pricing.service.ts";
import { databaseOf } from "#test/support/broker.ts";
import { eventually } from "#test/support/eventually.ts";
import type { ServiceDatabases } from "#tools/verify/databases.ts";
import { importInspections } from "#tools/verify/imports.ts";
import { addTaxonomy, stubInventory, TestShop } from "./catalog-fixture.ts";
import { ended, exportFile, importFile, partsOf, upload } from "./product-files.ts";

const ALL = { brands: true, categories: true };

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

const bySlug = async (slug: string, currency = "USD") => {
  const [product] = (await shop.call("catalog.list", { slug, currency })).products;
  return product && shop.call("catalog.get", { productId: product.productId, currency });
};
const newestImport = async () => (await shop.call("catalog.listImports", { limit: 1 })).imports[0]?.importId;
const countOf = async (sql: string) => Number((await db.query(`SELECT count(*) AS n FROM ${sql}`)).rows[0].n);

describe("an import", () => {
  test("adds products with their variants, attributes and prices, and replaces them later", async () => {
    const file = (title: string) =>
      [
        "slug,title,brand,categories,description,sku,price,currency,attribute:weight,variant:colour",
        `oil-lamp,${title},lumo,lamps|garden,"Burns oil,\nand smells.",LAMP-R,12.50,EUR,2.5,red`,
        "oil-lamp,,,,,LAMP-G,13,EUR,,green",
        "candle,Candle,,,,CANDLE,1,,,",
      ].join("\r\n");
    const found = await importFile(shop, file("Oil lamp"));
    expect(found).toMatchObject({ status: "finished", rows: 3, done: 3, failed: 0, percent: 100, errors: [] });
    expect(await bySlug("oil-lamp", "EUR")).toMatchObject({
      title: "Oil lamp",
      brand: "lumo",
      categories: ["lamps", "garden"],
      description: "Burns oil,\nand smells.",
      attributes: { weight: 2.5 },
      variants: [
        { sku: "LAMP-R", attributes: { colour: "red" }, price: { amount: 12.5 } },
        { sku: "LAMP-G", attributes: { colour: "green" }, price: { amount: 13 } },
      ],
    });
    expect((await bySlug("candle"))?.price).toEqual({ amount: 1, currency: "USD" });
    const events = await countOf("outbox WHERE event_type LIKE 'Product%'");
    await importFile(shop, file("Oil lamp"));
    expect(await countOf("outbox WHERE event_type LIKE 'Product%'")).toBe(events);
    await importFile(shop, file("Old lamp"));
    expect((await bySlug("oil-lamp"))?.title).toBe("Old lamp");
    expect(await countOf("import_part")).toBe(0);
    expect(await countOf("import_product")).toBe(0);
    expect(await countOf("import_work")).toBe(0);
  });

  test("adds brands and categories only if it is asked to", async () => {
    const file = "slug,title,brand,brandName,categories,sku\nhoe,Hoe,hoers,Hoers & Sons,garden>tools>hoes,HOE\n";
    expect((await importFile(shop, file)).errors).toEqual([
      { row: 2, message: "brand: hoers is not a brand" },
      { row: 2, message: "categories/0: hoes is not a category" },
    ]);
    expect(await importFile(shop, file, { create: "brands,categories" })).toMatchObject({ done: 1, failed: 0 });
    expect(await bySlug("hoe")).toMatchObject({ brand: "hoers", categories: ["hoes"] });
    const { brands } = await shop.call("catalog.brands", {});
    expect(brands).toContainEqual({ slug: "hoers", name: "Hoers & Sons" });
    const { categories } = await shop.call("catalog.categories", { parent: "garden" });
    expect(categories).toEqual([{ slug: "tools", name: "Tools", parent: "garden" }]);
  });

  test("refuses rows one by one, with their numbers, and counts all of them", async () => {
    const bad = Array.from({ length: catalogLimits.IMPORT_ERRORS + 5 }, (_, n) => `bad-${n},,BAD-${n},\n`);
    const file = [
      "slug,title,sku,price\n",
      "good-1,Good,GOOD-1,3\n",
      "good-2,Good,CANDLE,\n", // the sku of another product
      'good-3,"Go\nod",GOOD-3,1.234\n',
      "\n",
      "good-4,Good,GOOD-4,\n",
      ...bad,
      "good-5,Good,GOOD-5,4\n",
    ].join("");
    const found = await importFile(shop, file, {}, {}, 4_000);
    expect(found).toMatchObject({ status: "finished", rows: bad.length + 5, done: 3, failed: bad.length + 2 });
    expect(found.errors).toHaveLength(catalogLimits.IMPORT_ERRORS);
    expect(found.errors.slice(0, 3)).toEqual([
      { row: 3, message: "sku: CANDLE is already taken" },
      { row: 4, message: expect.stringContaining("at most 2 decimal digits") },
      { row: 7, message: expect.stringMatching(/^title: /) },
    ]);
    expect(await bySlug("good-5")).toMatchObject({ price: { amount: 4 } });
    expect(await bySlug("good-2")).toBeUndefined();
  });

  test("takes blank rows, wherever they are, for no rows", async () => {
    const file =
      "slug,title,sku\nblank-1,Blank,BLANK-1\n , ,\nblank-1,,BLANK-2\n,,\nblank-2,,BLANK-3\n,,\r\n \t,\u00a0\n  \n\n";
    const found = await importFile(shop, file);
    expect(found).toMatchObject({ status: "finished", rows: 3, done: 2, failed: 1 });
    expect(found.errors).toEqual([{ row: 6, message: expect.stringMatching(/^title: /) }]);
    const gap = "\n".repeat(catalogLimits.IMPORT_RECORD_BYTES + 10);
    const far = await importFile(shop, `slug,title,sku\nnear,Near,NEAR\n${gap}far,,FAR\n`);
    expect(far).toMatchObject({ status: "finished", rows: 2, done: 1, failed: 1 });
    expect(far.errors).toMatchObject([{ row: gap.length + 3 }]);
  });

  test("continues after a row with a quote that is not closed", async () => {
    const good = Array.from({ length: 4 }, (_, n) => `axe-${n},Axe ${"x".repeat(180_000)},AXE-${n}\n`);
    const file = `slug,title,sku\nsaw,Saw,SAW\nbroken,"Bro ken,BROKEN\naxe,Axe,AXE\n${good.join("")}end,End,END\n`;
    const found = await importFile(shop, file);
    expect(found).toMatchObject({ status: "finished", rows: 8, done: 3, failed: 5 });
    expect(found.errors[0]).toEqual({ row: 3, message: expect.stringContaining("quote") });
    expect(found.errors.map(({ row }) => row)).toEqual([3, 5, 6, 7, 8]);
  });

  test("gives up a file of such rows", async () => {
    const bounds = { ...catalogLimits, IMPORT_RECORD_BYTES: 100, IMPORT_UNREADABLE_ROWS: 3 };
    const lines = Array.from({ length: 9 }, (_, n) => `p-${n},"P,P-${n}\n${"q,Q,Q\n".repeat(20)}`);
    const body = Buffer.from(`slug,title,sku\n${lines.join("")}`);
    const read = readHeader(body);
    if ("fault" in read) throw new Error(read.fault);
    const { header, format } = read;
    const file = { importId: "imp_given_up", format, delimiter: ",", bytes: body.length };
    const data = databaseOf(shop.broker, "catalog");
    const settings = { ...{ names: header.names, delimiter: ",", currency: "USD" }, create: ALL, maySetPrices: true };
    await insertImport(data, { importId: file.importId, settings, headerBytes: header.bytes });
    await addPart(data, file.importId, 1, body);
    const chunks = [];
    for await (const chunk of chunksOf(data, file, { at: header.bytes, row: 1 }, bounds)) chunks.push(chunk);
    const groups = chunks.flatMap((chunk) => chunk.groups);
    expect(groups.flatMap(({ faults }) => faults).map(({ row }) => row)).toEqual([2, 23, 44]);
    expect(groups.reduce((sum, { count }) => sum + count, 0)).toBe(43);
    expect(chunks.at(-1)?.end?.problem).toContain("row 44");
    expect(chunks.map(({ to }) => to.row).at(-1)).toBe(44);
  });

  test("needs the right to set prices for rows with prices only", async () => {
    const auth = { kind: "staff" as const, staffId: "staff_other", scopes: ["catalog:write"] };
    const found = await importFile(shop, "slug,title,sku,price\nnut,Nut,NUT,1\nbolt,Bolt,BOLT,\n", {}, { auth });
    expect(found).toMatchObject({ done: 1, failed: 1, errors: [{ row: 2 }] });
    expect(found.errors[0]?.message).toContain("pricing:write");
  });

  test("is refused at once when its header or its encoding is wrong", async () => {
    const refusalOf = (file: string | Buffer) =>
      shop.refusal("catalog.importProducts", { part: partsOf(file)[0] as ReturnType<typeof partsOf>[0] });
    const before = await countOf("import");
    for (const file of ["", "a,b\n1,2\n", Buffer.from("slug,title,sku\nx,\xe4,X\n", "latin1")])
      expect((await refusalOf(file)).code).toBe("VALIDATION_FAILED");
    expect(await countOf("import")).toBe(before);
  });

  test("takes each part once, and in order", async () => {
    const [first, second] = partsOf("slug,title,sku\npeg,Peg,PEG\npin,Pin,PIN\n", 20);
    if (!first || !second) throw new Error("one part");
    const before = await shop.call("catalog.importProducts", { part: first });
    const again = (part: typeof first) => shop.refusal("catalog.importProducts", { part, before });
    expect((await again({ ...second, number: 3 })).code).toBe("CONFLICT");
    await shop.call("catalog.importProducts", { part: second, before });
    expect((await again(second)).code).toBe("CONFLICT");
    // Nobody continues this upload.
    expect(await shop.call("catalog.getImport", before)).toMatchObject({ status: "uploading", rows: 0, percent: 0 });
    await db.query("UPDATE import SET updated_at = now() - interval '2 hours' WHERE import_id = $1", [before.importId]);
    const data = databaseOf(shop.broker, "catalog");
    const cause = { correlationId: "test", causationId: "test", traceparent: null };
    const ctx = { transaction: (work: Parameters<typeof data.transaction>[1]) => data.transaction(cause, work) };
    await removeOldImports.run(ctx as unknown as Parameters<typeof removeOldImports.run>[0]);
    expect((await shop.refusal("catalog.getImport", before)).code).toBe("NOT_FOUND");
    expect(await countOf(`import_part WHERE import_id = '${before.importId}'`)).toBe(0);
  });

  test("of many rows of one product, and of a file with the header only, ends", async () => {
    const rows = Array.from({ length: 1_200 }, (_, n) => `many,Many,MANY-${n}`).join("\n");
    const found = await importFile(shop, `slug,title,sku\n${rows}\none,One,ONE\n`, {}, {}, 3_000);
    expect(found).toMatchObject({ done: 1, failed: 1_200, errors: [{ message: expect.stringContaining("rows") }] });
    expect(await importFile(shop, "slug,title,sku\n")).toMatchObject({ status: "finished", rows: 0 });
  });

  test("does no row twice and skips none, whatever fails before and after a commit", async () => {
    const known = failPointsOfSchema(catalog);
    const points = [
      "import.before-commit:throw*1",
      "import.after-commit:throw*2",
      "importProducts.after-commit:throw*1",
    ];
    armFailPoints(new FailPoints(points.map((point) => `catalog.${point}`).join(), known));
    try {
      const rows = Array.from({ length: 1_201 }, (_, n) => `once-${n},Once,ONCE-${n}\n`);
      const file = `slug,title,sku\n${rows.join("")}`;
      // The answer to an upload that is lost: whoever sends the file again starts another import.
      await expect(upload(shop, file)).rejects.toThrow("fail point");
      const [importId, again] = [(await newestImport()) ?? "", await upload(shop, file)];
      for (const id of [importId, again])
        await eventually(async () => {
          // What a worker could not record waits for the end of its lease. An earlier end gives the work to two of them.
          await db.query("UPDATE import_work SET due_at = least(due_at, now())");
          const found = await shop.call("catalog.getImport", { importId: id });
          expect(found).toMatchObject({ status: "finished", done: 1_201, failed: 0 });
        });
      expect(await countOf("product WHERE slug LIKE 'once-%'")).toBe(1_201);
      expect(await countOf("outbox WHERE event_type LIKE 'Product%' AND data ->> 'slug' LIKE 'once-%'")).toBe(1_201);
      expect(await countOf("import_work")).toBe(0);
    } finally {
      armFailPoints(undefined);
    }
  });

  test("tells its progress in numbered steps", async () => {
    const importId = await upload(shop, "slug,title,sku\nsteps,Steps,STEPS\n");
    await ended(shop, importId);
    const { steps } = await shop.call("catalog.importProgress", { importId });
    expect(steps).toEqual([{ number: 1, step: "end", status: "finished", rows: 1, done: 1, failed: 0, percent: 100 }]);
    const { imports, pagination } = await shop.call("catalog.listImports", { limit: 1 });
    expect(imports).toMatchObject([{ importId, status: "finished", format: "csv" }]);
    expect(pagination.total).toBeGreaterThan(5);
  });
});

test("the invariants of imports hold, and are broken by what breaks an import", async () => {
  const wrong = async () => {
    const found: string[] = [];
    const catalogOnly = { of: async () => databaseOf(shop.broker, "catalog") };
    for (const inspection of importInspections)
      for await (const { invariant, suspects } of inspection.look(catalogOnly as unknown as ServiceDatabases))
        if (suspects.length > 0) found.push(invariant);
    return found;
  };
  expect(await wrong()).toEqual([]);
  const { importId } = await importFile(shop, "slug,title,sku\nlast,Last,LAST\n");
  const set = (changes: string) => db.query(`UPDATE import SET ${changes} WHERE import_id = $1`, [importId]);
  await set("read_bytes = read_bytes - 1");
  expect(await wrong()).toEqual(["catalog.imports"]);
  await set("read_bytes = read_bytes + 1, failed = 1");
  expect(await wrong()).toEqual(["catalog.imports"]);
  await set("failed = 0, status = 'running'");
  expect(await wrong()).toEqual(["catalog.importParts", "catalog.importWork"]);
  await set("status = 'finished'");
  expect(await wrong()).toEqual([]);
});

describe("an export", () => {
  test.each(["csv", "shopify"] as const)(
    "as %s can be imported into an empty shop, which then has the same",
    async (format) => {
      const file = await exportFile(shop, { format });
      const other = await TestShop.start([catalog, pricing, stubInventory(new Map())]);
      try {
        const found = await importFile(other, file, { create: "brands,categories" });
        expect(found).toMatchObject({ status: "finished", failed: 0, errors: [] });
        expect(sortedLines(await exportFile(other, { format }))).toEqual(sortedLines(file));
      } finally {
        await other.stop();
      }
    },
  );

  test("has the prices of the currency that was asked for", async () => {
    expect(await exportFile(shop, { currency: "EUR" })).toContain("LAMP-R,12.5,EUR");
    expect(await exportFile(shop)).not.toContain("LAMP-R,12.5");
    expect((await shop.refusal("catalog.exportProducts", { currency: "XXA" })).code).toBe("VALIDATION_FAILED");
  });

  test("has the prices of the variants themselves, not those of lists or of other currencies", async () => {
    const variants = ["OWN-1", "OWN-2"].map((sku) => ({ sku, price: { amount: 20 } }));
    await shop.call("catalog.create", { slug: "own-price", title: "Own price", variants });
    await shop.call("pricing.createList", { code: "SALE", currency: "USD", priority: 1 });
    await shop.call("pricing.setListPrice", { code: "SALE", sku: "OWN-1", amount: 15 });
    await shop.call("pricing.setListPrice", { code: "SALE", sku: "LAMP-R", amount: 9 });
    await shop.call("pricing.setRate", { from: "USD", to: "CHF", rate: 2 });
    try {
      expect((await bySlug("own-price"))?.variants.map(({ price }) => price?.amount)).toEqual([15, 20]);
      expect((await bySlug("own-price", "CHF"))?.variants.map(({ price }) => price?.amount)).toEqual([40, 40]);
      const file = await exportFile(shop);
      for (const row of ["OWN-1,20,USD", "OWN-2,20,USD", "LAMP-R,,"]) expect(file).toContain(row);
      expect(await exportFile(shop, { currency: "CHF" })).toContain("OWN-1,,");
    } finally {
      await shop.call("pricing.deleteList", { code: "SALE" });
    }
  });
});

/** Products are exported in the order in which they were added. */
const sortedLines = (file: string) => file.split("\n").sort();

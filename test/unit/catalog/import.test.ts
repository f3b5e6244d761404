import { describe, expect, test } from "@jest/globals";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import {
  readList,
  readObject,
  readValue,
  writeList,
  writeValue,
} from "#services/product/catalog/domain/import/cells.ts";
import { type Draft, type FileRow, merged } from "#services/product/catalog/domain/import/draft.ts";
import {
  canBeColumn,
  type ExportContext,
  ownHeader,
  ownRows,
  shopifyHeader,
  shopifyRows,
} from "#services/product/catalog/domain/import/export.ts";
import type { ReadSettings } from "#services/product/catalog/domain/import/formats.ts";
import { Gatherer } from "#services/product/catalog/domain/import/gather.ts";
import { csvOptions, formatOf, readHeader } from "#services/product/catalog/domain/import/header.ts";
import { judge, typed, withoutConflicts } from "#services/product/catalog/domain/import/judge.ts";
import {
  type Attributes,
  type Product,
  type ProductFacts,
  productFacts,
} from "#services/product/catalog/domain/product.ts";

const RUNS = { numRuns: 50 }; // of the slowest properties
const SETTINGS: ReadSettings = { currency: "USD", priceFault: () => undefined };

const text = (maxLength: number) => fc.string({ maxLength, unit: "binary" }).filter((one) => !one.includes("\0"));
const slug = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,20}$/);
const value = fc.oneof(
  text(20),
  fc.boolean(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((one) => one + 0),
  fc.constantFrom("5", "true", '"', '"x"', "007", "[", "1e3", "-0"),
);
const attributes = (name: fc.Arbitrary<string>, values: fc.Arbitrary<string | number | boolean>) =>
  fc.dictionary(name, values, { maxKeys: 5 }) as fc.Arbitrary<Attributes>;
const anyName = text(10).filter((name) => name !== "");
const products = (options: {
  image: fc.Arbitrary<string>;
  variantAttributes: fc.Arbitrary<Attributes>;
}): fc.Arbitrary<ProductFacts[]> =>
  fc
    .uniqueArray(
      fc.record({
        slug,
        title: text(30).filter((title) => title !== ""),
        brand: fc.option(slug),
        categories: fc.uniqueArray(slug, { maxLength: 3 }),
        images: fc.uniqueArray(options.image, { maxLength: 4 }),
        description: text(60),
        attributeSet: fc.option(fc.stringMatching(/^[A-Za-z0-9_-]{1,5}$/)),
        taxCategory: fc.constantFrom("standard", "books"),
        attributes: attributes(anyName, value),
        variants: fc.array(options.variantAttributes, { minLength: 1, maxLength: 4 }),
      }),
      { maxLength: 5, selector: (product) => product.slug },
    )
    .map((list) =>
      list.map(({ variants, ...facts }, n) =>
        productFacts(`prod_${n}`, {
          ...facts,
          variants: variants.map((own, place) => ({ sku: `SKU-${n}-${place}`, attributes: own })),
        }),
      ),
    );

function contextOf(list: readonly ProductFacts[], hasColumn: (name: string) => boolean = canBeColumn): ExportContext {
  const namesOf = (all: readonly Attributes[]) => [...new Set(all.flatMap(Object.keys))].filter(hasColumn);
  return {
    columns: {
      products: namesOf(list.map((product) => product.attributes)),
      variants: namesOf(list.flatMap(({ variants }) => variants.map((variant) => variant.attributes))),
    },
    currency: "USD",
    prices: new Map(list.flatMap(({ variants }) => variants.map(({ sku }, place) => [sku, place + 0.5]))),
    brandNames: new Map(list.flatMap(({ brand }) => (brand === null ? [] : [[brand, `The ${brand}`]]))),
    paths: new Map(),
  };
}

/** Writes rows as a file, and reads it: what the drafts say of products that the shop does not have. */
function roundTrip(header: string[], rows: string[][]): Draft[] {
  const file = Buffer.from(stringify([header, ...rows], { quoted_match: /[\r\n]/ }));
  const begun = readHeader(file);
  if ("fault" in begun) throw new Error(begun.fault);
  const cells: string[][] = parse(file.subarray(begun.header.bytes), csvOptions(begun.header.delimiter, 1_000_000));
  const gatherer = new Gatherer(begun.format.keyOf, 300);
  const groups = cells.flatMap((own, n) => gatherer.add({ row: n + 2, cells: own }));
  return [...groups, ...gatherer.end()].map((group) => {
    expect(group.faults).toEqual([]);
    const reading = begun.format.read(group, SETTINGS);
    if (reading.kind === "faults") throw new Error(reading.faults.map(({ message }) => message).join());
    return reading.draft;
  });
}

const factsOf = (drafts: readonly Draft[]) =>
  drafts.map((draft, n) => productFacts(`prod_${n}`, merged(undefined, draft)));
const pricesOf = (drafts: readonly Draft[]) =>
  new Map(drafts.flatMap(({ variants }) => variants.map(({ sku, price }) => [sku, price?.amount])));

describe("cells", () => {
  test("give back each value, list and object that was written", () => {
    fc.assert(fc.property(value, (one) => expect(readValue(writeValue(one))).toBe(one)));
    fc.assert(fc.property(fc.array(text(10)), (list) => expect(readList(writeList(list))).toEqual(list)));
    fc.assert(
      fc.property(attributes(anyName, value), (one) => {
        expect(Object.entries(readObject(JSON.stringify(one)) ?? {})).toEqual(Object.entries(one));
      }),
    );
  });

  test("read what people write", () => {
    const read = ["5", "5.50", "007", "true", "TRUE", "", '"5"', "-3", "1,5"].map(readValue);
    expect(read).toEqual([5, "5.50", "007", true, "TRUE", null, "5", -3, "1,5"]);
    expect(readList(" lamps | home>garden |")).toEqual(["lamps", "home>garden"]);
    expect(readObject("[1]")).toBeUndefined();
    expect(readObject('{"a":{}}')).toBeUndefined();
  });
});

describe("a file", () => {
  test("of our own format gives back the products that were written", () => {
    const list = products({ image: text(20), variantAttributes: attributes(anyName, value) });
    fc.assert(
      fc.property(list, (all) => {
        const context = contextOf(all);
        const drafts = roundTrip(
          ownHeader(context.columns),
          all.flatMap((product) => ownRows(product, context)),
        );
        expect(factsOf(drafts)).toEqual(all);
        expect(pricesOf(drafts)).toEqual(context.prices);
        for (const { brand } of drafts) if (brand) expect(brand.name).toBe(`The ${brand.slug}`);
      }),
      RUNS,
    );
  });

  test("of Shopify's format gives back products whose variants have at most three options", () => {
    const printable = (maxLength: number) =>
      fc.string({ minLength: 1, maxLength }).filter((one) => one === one.trim() && one !== "Title");
    const options = fc
      .uniqueArray(printable(8), { maxLength: 3 })
      .chain((names) => fc.record(Object.fromEntries(names.map((name) => [name, printable(8)]))));
    const image = fc.webUrl();
    const list = products({ image, variantAttributes: options }).map((all) =>
      all.map((product) => ({
        ...product,
        attributeSet: null,
        taxCategory: "standard",
        // All variants of a product have the same options.
        variants: product.variants.map((variant) => ({
          ...variant,
          attributes: product.variants[0]?.attributes ?? {},
        })),
      })),
    );
    fc.assert(
      fc.property(list, (all) => {
        const context = contextOf(all, () => true);
        const drafts = roundTrip(
          shopifyHeader(context.columns),
          all.flatMap((product) => shopifyRows(product, context)),
        );
        expect(factsOf(drafts)).toEqual(all);
        expect(pricesOf(drafts)).toEqual(context.prices);
      }),
      RUNS,
    );
  });

  test("as Shopify writes it becomes products with variants, options and images", () => {
    const header = [
      "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value",
      "Option2 Name,Option2 Value,Variant SKU,Variant Inventory Qty,Variant Price,Image Src,Image Position,Status",
    ];
    const rows = [
      'Tea-Pot,Tea pot,<p>Pours.</p>,Lighthouse Goods,Home > Kitchen,Pots,"new, sale",true,Colour,Moss,Size,S,POT-S,5,24.90,https://x.test/2.jpg,2,active',
      "Tea-Pot,,,,,,,,,Moss,,L,,3,29.90,https://x.test/1.jpg,1,",
      "Tea-Pot,,,,,,,,,,,,,,,https://x.test/3.jpg,3,",
      "cup,Cup,,,,,,,Title,Default Title,,,,,5,,,",
    ].map((row) => parse(row)[0] as string[]);
    const [pot, cup] = roundTrip(header.join().split(","), rows);
    expect(pot).toMatchObject({
      slug: "tea-pot",
      title: "Tea pot",
      description: "<p>Pours.</p>",
      brand: { slug: "lighthouse-goods", name: "Lighthouse Goods" },
      images: ["https://x.test/1.jpg", "https://x.test/2.jpg", "https://x.test/3.jpg"],
      variants: [
        { row: 2, sku: "POT-S", attributes: { Colour: "Moss", Size: "S" }, price: { amount: 24.9, currency: "USD" } },
        { row: 3, sku: "TEA-POT-2", attributes: { Colour: "Moss", Size: "L" }, price: { amount: 29.9 } },
      ],
    });
    expect(pot?.categories?.map((path) => path.map(({ slug: own }) => own))).toEqual([["home", "kitchen"], ["pots"]]);
    expect(cup).toMatchObject({ slug: "cup", brand: null, variants: [{ sku: "CUP", attributes: {} }] });
  });

  test("with a header that is not known is refused with the reason", () => {
    const faultOf = (header: string) => {
      const read = readHeader(Buffer.from(header));
      return "fault" in read ? read.fault : undefined;
    };
    expect(faultOf("\ufeffslug;title;sku\r\n")).toBeUndefined();
    expect(faultOf("slug\ttitle\tsku\n")).toBeUndefined();
    expect(faultOf("URL handle,Title,SKU\n")).toBeUndefined();
    expect(faultOf("slug,titel,sku\n")).toContain("titel");
    expect(faultOf("slug,sku,sku\n")).toContain("twice");
    expect(faultOf("slug,title\n")).toContain("sku");
    expect(faultOf("")).toContain("columns");
    expect(faultOf('"slug')).toContain("columns");
  });

  test("with fewer columns leaves the rest of a product as it is", () => {
    const stored: Product = {
      ...productFacts("prod_1", {
        ...{ slug: "mug", title: "Mug", brand: "lumo", categories: ["lamps"], images: ["/a"], description: "d" },
        attributes: { weight: 3, made: "here" },
        variants: [{ sku: "A", attributes: { size: "S" } }, { sku: "B" }],
      }),
      createdAt: new Date(0),
      updatedAt: new Date(0),
    };
    const draftOf = (header: string[], ...rows: string[][]) => roundTrip(header, rows)[0] as Draft;
    const imported = (draft: Draft) => productFacts("prod_1", merged(stored, draft));
    const { createdAt, updatedAt, ...facts } = stored;
    expect(imported(draftOf(["slug", "sku"], ["mug", "A"], ["mug", "B"]))).toEqual(facts);
    expect(imported(draftOf(["slug", "sku", "brand", "attribute:weight"], ["mug", "A", "", ""]))).toEqual({
      ...facts,
      brand: null,
      attributes: { made: "here" },
      variants: [{ sku: "A", attributes: { size: "S" } }],
    });
  });
});

describe("values", () => {
  test("become what their attributes are, in products with a set", () => {
    const types = { ean: "text", width: "number", washable: "boolean", since: "date", colour: "option" } as const;
    const attributes = new Map(
      Object.entries(types).map(([code, type]) => {
        const rest = { options: ["5"], unit: null, localised: false, filterable: false };
        return [code, { code, name: code, type, ...rest }];
      }),
    );
    const read = { ean: 4006381333931, width: "5.50", washable: "TRUE", since: "2026-01-31", colour: 5, other: 1 };
    const facts = (attributeSet: string | null) =>
      productFacts("prod_1", { slug: "a", title: "A", attributeSet, attributes: read, variants: [{ sku: "A" }] });
    const candidate = (set: string | null) => ({ facts: facts(set) }) as Parameters<typeof typed>[0][number];
    const [fitted, free] = typed([candidate("things"), candidate(null)], { attributes, sets: new Map() });
    expect(fitted?.facts.attributes).toEqual({
      ...{ ean: "4006381333931", width: 5.5, washable: true, since: "2026-01-31", colour: "5", other: 1 },
    });
    expect(free?.facts.attributes).toEqual(read);
  });
});

describe("rows", () => {
  const key = ({ cells }: FileRow) => cells[0] ?? "";

  test("of a product stay together, and none is lost or counted twice", () => {
    const row = fc.oneof({ weight: 5, arbitrary: fc.constantFrom("a", "b", "") }, fc.constant("!"));
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), fc.integer({ min: 1, max: 4 }), (keys, most) => {
        const gatherer = new Gatherer(key, most);
        const rows = keys.map((own, n) => ({
          row: n + 2,
          cells: [own],
          ...(own === "!" ? { problem: "broken" } : {}),
        }));
        const groups = [...rows.flatMap((one) => gatherer.add(one)), ...gatherer.end()];
        expect(groups.reduce((sum, { count }) => sum + count, 0)).toBe(rows.length);
        for (const group of groups) {
          expect(group.rows.length).toBeLessThanOrEqual(most);
          expect(new Set(group.rows.map(key)).size).toBeLessThanOrEqual(1);
          if (group.count > group.rows.length) expect(group.faults).not.toEqual([]);
        }
        // A product is never cut by a row in its middle that says nothing, unless there are many of them.
        const together = groups.flatMap((group) => group.rows.map((one) => [one.row, group] as const));
        for (const [n, [at, group]] of together.entries()) {
          const next = together[n + 1];
          if (next && next[0] - at <= most && next[1] !== group) expect(next[1].key).not.toBe(group.key);
        }
      }),
    );
  });

  test("that are wrong do not stop those of other products", () => {
    const format = formatOf(["slug", "title", "sku", "price"]);
    if (!format || "fault" in format) throw new Error("no format");
    const gatherer = new Gatherer(format.keyOf, 300);
    const file = [
      ["mug", "Mug", "MUG", "x"],
      ["cup", "Cup", "CUP", "1"],
      ["", "Nameless", "N", "1"],
      ["pot", "", "POT", ""],
      ["can", "Can", "CUP", ""],
      ["pan", "Pan", "PAN", ""],
      ["pan", "Other", "PAN-2", ""],
      ["cup", "Cup", "CUP-2", "1"],
      ["jar", "Jar", "JAR", ""],
    ];
    const groups = [...file.flatMap((cells, n) => gatherer.add({ row: n + 2, cells })), ...gatherer.end()];
    const readings = groups.map((group) => (group.faults.length > 0 ? undefined : format.read(group, SETTINGS)));
    const drafts = readings.map((reading) => (reading?.kind === "draft" ? reading.draft : undefined));
    const known = { stored: new Map(), seen: new Set(["jar"]), newId: () => `prod_${Math.random()}` };
    const nothing = {
      productIds: new Set(),
      slugs: new Map(),
      skus: new Map(),
      brands: new Set(),
      categories: new Set(),
      attributes: new Map(),
      sets: new Map(),
      kinds: new Map(),
    };
    const judged = withoutConflicts(judge(drafts, known), nothing as Parameters<typeof withoutConflicts>[1]);
    expect(judged.candidates.map(({ facts }) => facts.slug)).toEqual(["cup"]);
    const messages = [
      ...groups.flatMap(({ faults }) => faults),
      ...readings.flatMap((reading) => (reading?.kind === "faults" ? reading.faults : [])),
      ...[...judged.faults.values()].flat(),
    ].sort((a, b) => a.row - b.row);
    expect(messages.map(({ row, message }) => `${row} ${message}`)).toEqual([
      "2 price: must be a number such as 12.50",
      "4 does not say to which product it belongs",
      expect.stringMatching(/^5 title: /),
      "6 sku: CUP appears twice",
      "8 title: is not the same as in the product's rows before",
      "9 the rows of a product must follow one another",
      "10 the rows of a product must follow one another",
    ]);
  });
});

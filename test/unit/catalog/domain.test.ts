import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { catalog } from "#services/product/catalog/contract.ts";
import { findConflict, type Lookup } from "#services/product/catalog/domain/conflicts.ts";
import { type ProductFacts, planWrites, productFacts } from "#services/product/catalog/domain/product.ts";
import { resolveItem } from "#services/product/catalog/domain/resolve.ts";
import { containing, fold, searchText } from "#services/product/catalog/domain/search-text.ts";
import { PRODUCT_KINDS } from "#services/product/catalog/domain/supply.ts";
import { DRAFT } from "#services/product/catalog/shown.store.ts";
import { SellableCache } from "#services/product/catalog/steps/sellable-cache.ts";
import { productView, summaryView } from "#services/product/catalog/view.ts";

const attributes = fc.dictionary(fc.string({ maxLength: 3 }), fc.oneof(fc.string(), fc.integer(), fc.boolean()), {
  maxKeys: 4,
});
const product: fc.Arbitrary<ProductFacts> = fc.record({
  productId: fc.constant("prod_1"),
  slug: fc.constantFrom("a", "b"),
  title: fc.string(),
  kind: fc.constantFrom(...PRODUCT_KINDS),
  brand: fc.option(fc.constantFrom("x", "y")),
  categories: fc.uniqueArray(fc.constantFrom("c", "d", "e")),
  images: fc.array(fc.string(), { maxLength: 2 }),
  description: fc.string(),
  attributeSet: fc.constantFrom(null, "lamps"),
  attributes,
  taxCategory: fc.constantFrom("standard", "books"),
  variants: fc.array(fc.record({ sku: fc.string(), attributes }), { minLength: 1, maxLength: 3 }),
});
const ofId = (one: ProductFacts) => new Map([[one.productId, one]]);

describe("the plan of writes", () => {
  test("leaves out a product that is stored already, in whatever order its attributes come", () => {
    const reversed = (own: ProductFacts["attributes"]) => Object.fromEntries(Object.entries(own).reverse());
    fc.assert(
      fc.property(product, (one) => {
        const same = {
          ...one,
          attributes: reversed(one.attributes),
          variants: one.variants.map(({ sku, attributes: own }) => ({ sku, attributes: reversed(own) })),
        };
        expect(planWrites([same], ofId(one))).toEqual({ created: [], updated: [], supplies: [] });
      }),
    );
  });

  test("updates a product exactly when some fact differs", () => {
    fc.assert(
      fc.property(product, product, (before, after) => {
        let same = true;
        try {
          expect(after).toEqual(before);
        } catch {
          same = false;
        }
        expect(planWrites([after], ofId(before)).updated).toHaveLength(same ? 0 : 1);
      }),
    );
  });

  test("creates a product that is not stored", () => {
    const one = productFacts("prod_1", { slug: "a", title: "A", variants: [{ sku: "A" }] });
    expect(planWrites([one], new Map())).toEqual({ created: [one], updated: [], supplies: [] });
  });
});

describe("a conflict", () => {
  const nothing: Lookup = {
    productIds: new Set(),
    slugs: new Map(),
    skus: new Map(),
    kinds: new Map(),
    brands: new Set(),
    categories: new Set(),
    attributes: new Map(),
    sets: new Map(),
  };
  const facts = (id: string, slug: string, ...skus: string[]) =>
    productFacts(id, { slug, title: "T", variants: skus.map((sku) => ({ sku })) });
  const pathOf = (index: number) => `/products/${index}`;
  const codeOf = (products: ProductFacts[], known: Partial<Lookup>) =>
    findConflict(products, { ...nothing, ...known }, pathOf)?.type;

  test("is a slug or sku of another product, or one that appears twice", () => {
    expect(codeOf([facts("1", "a", "A")], {})).toBeUndefined();
    expect(
      codeOf([facts("1", "a", "A")], { slugs: new Map([["a", "1"]]), skus: new Map([["A", "1"]]) }),
    ).toBeUndefined();
    expect(codeOf([facts("1", "a", "A")], { slugs: new Map([["a", "2"]]) })).toBe("ALREADY_EXISTS");
    expect(codeOf([facts("1", "a", "A")], { skus: new Map([["A", "2"]]) })).toBe("ALREADY_EXISTS");
    expect(codeOf([facts("1", "a", "A"), facts("2", "b", "B")], { skus: new Map([["A", "2"]]) })).toBeUndefined();
    expect(codeOf([facts("1", "a", "A"), facts("2", "a", "B")], {})).toBe("VALIDATION_FAILED");
    expect(codeOf([facts("1", "a", "A"), facts("2", "b", "A")], {})).toBe("VALIDATION_FAILED");
    expect(codeOf([facts("1", "a", "A", "A")], {})).toBe("VALIDATION_FAILED");
  });
});

test("refuses a product that is too large for an event", () => {
  const variants = (count: number) =>
    Array.from({ length: count }, (_, i) => ({
      sku: `S${i}`,
      attributes: { a: "x".repeat(1_000), b: "x".repeat(1_000) },
    }));
  const known: Lookup = {
    productIds: new Set(),
    slugs: new Map(),
    skus: new Map(),
    kinds: new Map(),
    brands: new Set(),
    categories: new Set(),
    attributes: new Map(),
    sets: new Map(),
  };
  const answer = (count: number) =>
    findConflict([productFacts("1", { slug: "a", title: "A", variants: variants(count) })], known, () => "/x");
  expect(answer(120)).toBeUndefined();
  expect(answer(140)).toMatchObject({ type: "VALIDATION_FAILED", data: { errors: [{ path: "/x" }] } });
});

describe("the variant of an order line", () => {
  test("is always one that the product has", () => {
    const anySku = fc.constantFrom("A", "B", "C");
    fc.assert(
      fc.property(
        fc.option(anySku, { nil: undefined }),
        fc.option(fc.uniqueArray(anySku), { nil: undefined }),
        (sku, skus) => {
          const item = { productId: "p", ...(sku ? { sku } : {}) };
          const answer = resolveItem(item, skus && { productId: "p", title: "T", skus });
          if ("problem" in answer) {
            expect(answer.problem).toBe(sku === undefined && skus !== undefined ? "SKU_REQUIRED" : "UNKNOWN_PRODUCT");
            expect(skus !== undefined && (sku === undefined ? skus.length === 1 : skus.includes(sku))).toBe(false);
          } else {
            expect(skus).toContain(answer.sku);
            expect(answer.sku).toBe(sku ?? skus?.[0]);
          }
        },
      ),
    );
  });
});

describe("the view of a product", () => {
  const base = {
    ...productFacts("p", { slug: "p", title: "P", variants: [{ sku: "A" }, { sku: "B" }] }),
    createdAt: new Date(0),
    updatedAt: new Date(0),
  };
  const view = (amounts?: [string, number][], stock?: [string, number][]) =>
    summaryView(base, {
      currency: "USD",
      amountMinor: amounts && new Map(amounts),
      available: stock && new Map(stock),
      ratings: new Map([["rated", { average: 4.5, count: 2 }]]),
    });

  test("shows the lowest price, and whether any variant is available", () => {
    expect(
      view(
        [
          ["A", 250],
          ["B", 199],
        ],
        [["B", 1]],
      ),
    ).toMatchObject({ price: { amount: 1.99 }, availability: "in_stock" });
    expect(view([["B", 0]], [])).toMatchObject({
      price: { amount: 0 },
      availability: "out_of_stock",
      variants: [{ price: null, available: 0 }, {}],
    });
    expect(view(undefined, undefined)).toMatchObject({
      price: null,
      availability: "unknown",
      variants: [{ available: null }, {}],
    });
  });
});

test("a cached answer about a bundle follows the stock of its components", () => {
  const components = [
    { sku: "CUP", quantity: 2 },
    { sku: "POT", quantity: 1 },
  ];
  const facts = productFacts("p", { slug: "p", title: "P", kind: "bundle", variants: [{ sku: "SET", components }] });
  const product = { ...facts, createdAt: new Date(0), updatedAt: new Date(0) };
  const offers = { currency: "USD", amountMinor: undefined, available: undefined, ratings: new Map() };
  const { list, get } = catalog.actions;
  const skusIn = <A>(cached: true | { skus(answer: A): readonly string[] } | undefined, answer: A) =>
    typeof cached === "object" && cached.skus(answer);
  const skus = [product.productId, "SET", "CUP", "POT"];
  expect(skusIn(get.cached, productView(product, offers))).toEqual(skus);
  const page = { products: [summaryView(product, offers)], pagination: { limit: 1 } };
  expect(skusIn(list.cached, page)).toEqual(skus);
});

test("a search text is taken literally, with all its special characters", () => {
  expect(containing("50%_off\\")).toBe("%50\\%\\_off\\\\%");
  expect(containing("  ")).toBeUndefined();
  expect(containing(undefined)).toBeUndefined();
});

describe("folded text", () => {
  const text = fc.string({ unit: fc.constantFrom(..."aBcß İıÉđŌςΣσЧ東京 %_\\-1") });

  test("has no case, no accents and single blanks", () => {
    expect(fold("  Đèn   LỒNG\tÉté ")).toBe("den long ete");
    expect(fold("ΟΔΟΣ")).toBe(fold("οδοσ"));
  });

  test("has only ASCII, so that every server's trigrams know all of it", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (any) => expect(fold(any)).not.toMatch(/[^\0-~]/)));
    expect(fold("東")).toBe("Z06771");
  });

  test("contains what the text contains", () => {
    fc.assert(
      fc.property(text, text, text, (before, part, after) => {
        expect(fold(before + part + after)).toContain(fold(part));
      }),
    );
  });

  test("does not contain what the text does not contain", () => {
    expect(searchText({ title: "Чашка", skus: ["CUP-1"] })).not.toContain(fold("шач"));
    expect(fold("チャ")).not.toContain(fold("東"));
  });
});

test("a search for one or two characters asks for the beginning of a word", () => {
  const found = (q: string) =>
    searchText({ title: "Desk Lamp", skus: ["LA-1"] }).includes(String(containing(q)).slice(1, -1));
  expect(["d", "la", "LA", "esk", "k l"].map(found)).toEqual([true, true, true, true, true]);
  expect(["es", "a", "mp"].map(found)).toEqual([false, false, false]);
});

describe("the cache of sellable products", () => {
  test("holds one version only, also when a read of the version before ends late", () => {
    const { cache, keep } = newCache();
    const version = (snapshot: number) => ({ kind: "snapshot", snapshot }) as const;
    keep("1");
    expect([cache.follow(DRAFT), cache.follow(version(1)), cache.follow(version(1))]).toEqual([true, false, true]);
    expect(cache.get("1")).toBeUndefined();
    keep("1");
    expect(cache.get("1")).toBeUndefined();
    cache.put([{ productId: "1", title: "T", skus: ["S"] }], version(1));
    expect(cache.get("1")).toBeDefined();
  });

  const newCache = () => {
    let now = 0;
    const cache = new SellableCache({ maxEntries: 3, ttlMs: 100, now: () => now });
    const keep = (...ids: string[]) =>
      cache.put(
        ids.map((productId) => ({ productId, title: "T", skus: ["S"] })),
        DRAFT,
      );
    return { cache, keep, wait: (ms: number) => (now += ms) };
  };

  test("forgets changed and expired products, and the oldest one when it is full", () => {
    const { cache, keep, wait } = newCache();
    keep("1", "2");
    cache.remove(["1"]);
    expect([cache.get("1"), cache.get("2")?.productId]).toEqual([undefined, "2"]);
    wait(99);
    expect(cache.get("2")).toBeDefined();
    wait(1);
    expect(cache.get("2")).toBeUndefined();
    keep("2", "3", "4");
    keep("2", "5");
    expect(["2", "3", "4", "5"].map((id) => cache.get(id) !== undefined)).toEqual([true, false, true, true]);
  });
});

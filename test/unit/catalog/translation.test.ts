import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { canonicalLocale } from "#config/locales.ts";
import { localeChain, shopLocales, wantedLocale } from "#lib/contract/locale.ts";
import { askedAttributes, hasPrice, priceRule } from "#services/product/catalog/domain/collection.ts";
import { displayQuantity } from "#services/product/catalog/domain/display.ts";
import { type Product, productFacts } from "#services/product/catalog/domain/product.ts";
import {
  type NameTranslation,
  type ProductTranslation,
  translated,
  translatedName,
} from "#services/product/catalog/domain/translation.ts";
import { Locales } from "#services/product/catalog/steps/locales.ts";
import { readSelection } from "#services/product/catalog/steps/read-selection.ts";
import { displayValues, translateProducts } from "#services/product/catalog/steps/translate.ts";

const product: Product = {
  ...productFacts("prod_1", {
    slug: "a",
    title: "Chair",
    description: "It folds.",
    attributes: { story: "Old." },
    variants: [{ sku: "A" }],
  }),
  createdAt: new Date(0),
  updatedAt: new Date(0),
};
const texts = fc.record({
  title: fc.option(fc.string()),
  description: fc.option(fc.string()),
  attributes: fc.dictionary(fc.constantFrom("story", "other"), fc.string()),
});
const chain = ["de-AT", "de"];
const translations = fc
  .subarray(["de", "de-AT", "fr"])
  .chain((locales) =>
    fc.tuple(
      ...locales.map((locale) => texts.map((text): ProductTranslation => ({ productId: "prod_1", locale, ...text }))),
    ),
  );

describe("a product in a language", () => {
  test("has each text of the most special locale that has it, and its own ones otherwise", () => {
    fc.assert(
      fc.property(translations, (all) => {
        const shown = translated(product, all, chain);
        const of = <T>(read: (one: ProductTranslation) => T | null | undefined, own: T) => {
          for (const locale of chain) {
            const found = all.find((one) => one.locale === locale);
            const text = found && read(found);
            if (text !== null && text !== undefined) return text;
          }
          return own;
        };
        expect(shown.title).toBe(of(({ title }) => title, "Chair"));
        expect(shown.description).toBe(of(({ description }) => description, "It folds."));
        expect(shown.attributes).toEqual({ story: of(({ attributes }) => attributes.story, "Old.") });
      }),
    );
  });

  test("has labels of the most special locale, each by itself", () => {
    const names: NameTranslation[] = [
      { code: "colour", locale: "de", name: "Farbe", labels: { red: "Rot", blue: "Blau" } },
      { code: "colour", locale: "de-AT", name: null, labels: { red: "Rot!" } },
    ];
    expect(translatedName("Colour", names, chain)).toEqual({ name: "Farbe", labels: { red: "Rot!", blue: "Blau" } });
    expect(translatedName("Colour", [], chain)).toEqual({ name: "Colour", labels: {} });
  });
});

describe("the language of a client", () => {
  const any = shopLocales(undefined);
  const some = shopLocales("en,de,de-AT,fr");

  test("is the one that it wants most, of those that the shop has", () => {
    expect(wantedLocale("de-AT,de;q=0.9,en;q=0.8", some)).toBe("de-AT");
    expect(wantedLocale("de-CH", some)).toBe("de");
    expect(wantedLocale("it, fr;q=0.5", some)).toBe("fr");
    expect(wantedLocale("fr;q=0.5, de;q=0.7", some)).toBe("de");
    expect(wantedLocale("fr;q=0, de;q=0.1", some)).toBe("de");
    expect(wantedLocale("it", some)).toBeUndefined();
    expect(wantedLocale("pt-br", any)).toBe("pt-BR");
  });

  test("is no other than the shop's own when it wants that", () => {
    for (const header of ["en-US,en;q=0.9", "en", "en-GB, de;q=0.8", "*", "", ";;;,q", "x".repeat(100)]) {
      expect(wantedLocale(header, some)).toBeUndefined();
      expect(wantedLocale(header, any)).toBeUndefined();
    }
    expect(wantedLocale("en-GB", shopLocales("en,en-GB"))).toBe("en-GB");
  });

  test("whatever the header says, is one that the shop has", () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        expect([undefined, "de", "de-AT", "fr"]).toContain(wantedLocale(header, some));
      }),
    );
  });

  test("is written in one way, and has more general ones", () => {
    expect(canonicalLocale("DE-at")).toBe("de-AT");
    expect(canonicalLocale("nothing at all")).toBeUndefined();
    expect(localeChain("zh-Hant-TW")).toEqual(["zh-Hant-TW", "zh-Hant", "zh"]);
  });
});

test("no translation is looked for in a language that has none, and none in the shop's own", async () => {
  let reads = 0;
  let now = 0;
  const found = ["de"];
  const read = async () => {
    reads += 1;
    return [...found];
  };
  const locales = new Locales({ own: "en", ttlMs: 100, now: () => now, read });
  expect(await locales.chainOf(undefined)).toEqual([]);
  expect(await locales.chainOf("en")).toEqual([]);
  expect(reads).toBe(0);
  expect(await locales.chainOf("de-AT")).toEqual(["de"]);
  expect(await locales.chainOf("fr")).toEqual([]);
  expect(reads).toBe(1);
  found.push("fr");
  now = 101;
  expect(await locales.chainOf("fr")).toEqual(["fr"]);
  locales.forget();
  await locales.chainOf("fr");
  expect(reads).toBe(3);
});

test("a list that asks for no attribute, collection or other language reads nothing for them", async () => {
  const db = {
    query: () => {
      throw new Error("This must not be read.");
    },
  };
  expect(await readSelection(db, {})).toMatchObject({ filters: [], facets: undefined, price: undefined });
  expect(await translateProducts(db, [product], [])).toEqual([product]);
  const display = await displayValues(db, product, [], "en");
  expect(display(product.attributes)).toEqual({});
});

test("a quantity is written as its language does", () => {
  expect(displayQuantity(2.4, "kg", "de")).toBe("2,4 kg");
  expect(displayQuantity(2.4, "kg", "en")).toBe("2.4 kg");
  expect(displayQuantity(1_200.5, "lm", "de")).toBe("1.200,5 lm");
  expect(displayQuantity(1, "constructor", "en")).toBe("1 constructor");
});

describe("the rule of a collection", () => {
  test("asks of attributes what a list would ask", () => {
    expect(askedAttributes({ attributes: { colour: ["red", "blue"], weight: "1..5", washable: true } })).toEqual({
      colour: ["red", "blue"],
      weight: ["1..5"],
      washable: ["true"],
    });
    expect(askedAttributes({})).toEqual({});
  });

  test("compares the lowest price of a product", () => {
    const toMinor = ({ amount }: { amount: number }) => amount * 100;
    const rule = priceRule({ priceBelow: { amount: 20, currency: "USD" } }, toMinor);
    expect(rule).toEqual({ currency: "USD", below: 2_000, above: null });
    expect(priceRule({ brand: "x" }, toMinor)).toBeUndefined();
    const amounts = fc.array(fc.integer({ min: 0, max: 100 }));
    const bound = fc.option(fc.integer({ min: 0, max: 100 }));
    fc.assert(
      fc.property(amounts, bound, bound, (prices, below, above) => {
        const lowest = [...prices].sort((a, b) => a - b)[0];
        const fits = lowest !== undefined && (below ?? 101) > lowest && (above ?? -1) < lowest;
        expect(hasPrice({ currency: "USD", below, above }, prices)).toBe(fits);
      }),
    );
  });
});

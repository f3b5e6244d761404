import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type ProductFacts, planWrites, productFacts } from "#services/product/catalog/domain/product.ts";
import {
  componentFaults,
  PRODUCT_KINDS,
  type ProductKind,
  type Takes,
} from "#services/product/catalog/domain/supply.ts";

const Variant = fc.record({
  sku: fc.constantFrom("A", "B", "C"),
  components: fc.uniqueArray(fc.record({ sku: fc.constantFrom("X", "Y"), quantity: fc.integer({ min: 1, max: 3 }) }), {
    selector: ({ sku }) => sku,
  }),
});
/** Two products, whose skus differ. */
const Products = fc
  .record({
    kinds: fc.tuple(fc.constantFrom(...PRODUCT_KINDS), fc.constantFrom(...PRODUCT_KINDS)),
    variants: fc.uniqueArray(Variant, { selector: ({ sku }) => sku }),
    isOfFirst: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
  })
  .map(({ kinds, variants, isOfFirst }) =>
    kinds.map((kind, n) => {
      const own = variants.filter((_, at) => isOfFirst[at] === (n === 0));
      return productFacts(`prod_${n}`, { slug: `p-${n}`, title: "P", kind, variants: own });
    }),
  );

test("who follows the changes knows what each variant takes, and is told nothing twice", () => {
  fc.assert(
    fc.property(fc.array(Products, { maxLength: 6 }), (versions) => {
      const known = new Map<string, Takes>();
      let before: ProductFacts[] = [];
      for (const after of versions) {
        const { supplies } = planWrites(after, new Map(before.map((product) => [product.productId, product])));
        for (const { sku, takes } of supplies) {
          expect(takes).not.toEqual(known.get(sku) ?? null);
          known.set(sku, takes);
        }
        for (const { kind, variants } of after)
          for (const { sku, components } of variants) {
            const takes = { physical: null, digital: [], bundle: components ?? [] }[kind];
            expect(known.get(sku) ?? null).toEqual(takes);
          }
        const skus = new Set(after.flatMap(({ variants }) => variants.map(({ sku }) => sku)));
        for (const [sku, takes] of known) if (!skus.has(sku)) expect(takes).toBeNull();
        before = after;
      }
    }),
  );
});

test("the components of a bundle are other variants that are no bundles, each once", () => {
  const kinds = new Map<string, ProductKind>([
    ["X", "physical"],
    ["D", "digital"],
    ["SET", "bundle"],
  ]);
  const faults = (kind: ProductKind, ...skus: string[]) => {
    const components = skus.map((sku) => ({ sku, quantity: 1 }));
    const facts = productFacts("1", { slug: "a", title: "A", kind, variants: [{ sku: "S", components }] });
    return componentFaults(facts, kinds, "").map(({ path }) => path);
  };
  expect(faults("bundle", "X", "D")).toEqual([]);
  expect(faults("bundle")).toEqual(["/variants/0/components"]);
  expect(faults("physical", "X")).toEqual(["/variants/0/components"]);
  expect(faults("bundle", "X", "SET", "X", "N")).toEqual([1, 2, 3].map((at) => `/variants/0/components/${at}/sku`));
});

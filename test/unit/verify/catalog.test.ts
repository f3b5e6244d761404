import { expect, test } from "@jest/globals";
import { filterIndex } from "#services/product/catalog/domain/attribute-filter.ts";
import type { Attribute } from "#services/product/catalog/domain/attributes.ts";
import { productFacts } from "#services/product/catalog/domain/product.ts";
import { catalogInvariants } from "#tools/verify/catalog-values.ts";

const weight: Attribute = {
  code: "weight",
  name: "Weight",
  type: "number",
  options: [],
  unit: "kg",
  localised: false,
  filterable: true,
};
const found = {
  attributes: new Map([["weight", weight]]),
  sets: new Map([["chairs", { attributes: ["weight"], axes: [] }]]),
};
const facts = (value: number | string) =>
  productFacts("prod_1", {
    slug: "a",
    title: "A",
    attributeSet: "chairs",
    attributes: { weight: value },
    variants: [{ sku: "A" }],
  });
const violated = (of: ReturnType<typeof facts>, index: ReturnType<typeof filterIndex>) =>
  catalogInvariants.filter(({ wrong }) => wrong({ facts: of, ...index }, found) !== undefined).map(({ name }) => name);

test("a value that does not fit, and terms of another value, are found", () => {
  const index = filterIndex(facts(2), found.attributes);
  expect(violated(facts(2), index)).toEqual([]);
  expect(violated(facts("heavy"), { terms: [], numbers: null })).toEqual(["catalog.values"]);
  expect(violated(facts(3), index)).toEqual(["catalog.filters"]);
  expect(violated(facts(2), { ...index, numbers: { weight: [3] } })).toEqual(["catalog.filters"]);
  expect(violated(facts(2), { terms: [], numbers: null })).toEqual(["catalog.filters"]);
});

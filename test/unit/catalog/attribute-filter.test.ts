import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  type AttributeFilter,
  bucketOf,
  bucketTerms,
  filterIndex,
  readFilters,
} from "#services/product/catalog/domain/attribute-filter.ts";
import type { Attribute } from "#services/product/catalog/domain/attributes.ts";
import { type AttributeValue, productFacts } from "#services/product/catalog/domain/product.ts";

const define = (code: string, type: Attribute["type"], options: string[] = []): [string, Attribute] => [
  code,
  { code, name: code, type, options, unit: null, localised: false, filterable: code !== "hidden" },
];
const attributes = new Map([
  define("weight", "number"),
  define("since", "date"),
  define("colour", "option", ["red", "blue", "black, white"]),
  define("washable", "boolean"),
  define("maker", "text"),
  define("hidden", "text"),
]);

const numbers = fc.double({ noNaN: true, noDefaultInfinity: true });

describe("the bucket of a number", () => {
  test("never shrinks while the number grows", () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        expect(bucketOf(Math.min(a, b))).toBeLessThanOrEqual(bucketOf(Math.max(a, b)));
      }),
    );
  });

  test("is one of a bounded number, and eight for each doubling", () => {
    expect(bucketTerms("x", { from: -Number.MAX_VALUE, to: Number.MAX_VALUE })).toHaveLength(963);
    expect(bucketOf(2) - bucketOf(1)).toBe(8);
    expect(bucketOf(-2)).toBe(-bucketOf(2));
    expect(bucketOf(-0)).toBe(0);
  });
});

/** As the database compares. */
function finds(filter: AttributeFilter, values: readonly AttributeValue[]): boolean {
  const product = productFacts("1", {
    slug: "a",
    title: "A",
    variants: values.map((value, at) => ({ sku: `S${at}`, attributes: { [filter.code]: value } })),
  });
  const { terms, numbers: own } = filterIndex(product, attributes);
  const among = (some: readonly string[]) => some.some((term) => terms.includes(term));
  const inRange = filter.ranges.some(({ from, to }) =>
    own?.[filter.code]?.some((number) => number >= from && number <= to),
  );
  return among(filter.terms) || (inRange && among(filter.ranges.flatMap((range) => bucketTerms(filter.code, range))));
}

const read = (code: string, ...values: string[]) =>
  readFilters({ [code]: values }, attributes, (of) => `/attributes.${of}`);

describe("a filter", () => {
  test("by a range finds exactly the numbers in it", () => {
    fc.assert(
      fc.property(numbers, numbers, fc.array(numbers, { minLength: 1 }), (a, b, values) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const { filters, faults } = read("weight", `${from}..${to}`);
        expect(faults).toEqual([]);
        expect(finds(filters[0] as AttributeFilter, values)).toBe(values.some((value) => value >= from && value <= to));
      }),
    );
  });

  test("by a number finds that number, however it is written", () => {
    fc.assert(
      fc.property(numbers, numbers, (asked, value) => {
        const [filter] = read("weight", String(asked)).filters;
        expect(finds(filter as AttributeFilter, [value])).toBe(asked === value);
      }),
    );
    expect(finds(read("weight", "2.50").filters[0] as AttributeFilter, [2.5])).toBe(true);
  });

  test("with several values finds any of them", () => {
    for (const values of [["red", "blue"], ["red,blue"]]) {
      const [filter] = read("colour", ...values).filters;
      expect(["red", "blue", "black, white"].map((value) => finds(filter as AttributeFilter, [value]))).toEqual([
        true,
        true,
        false,
      ]);
    }
    const [both] = read("colour", "black, white").filters;
    expect(finds(both as AttributeFilter, ["black, white"])).toBe(true);
    const [mixed] = read("weight", "1,5..6").filters;
    expect([1, 2, 5.5].map((value) => finds(mixed as AttributeFilter, [value]))).toEqual([true, false, true]);
  });

  test("by a range of dates, open or not, finds the days in it", () => {
    const days = ["2025-12-31", "2026-01-01", "2026-01-31", "2026-02-01"];
    const found = (text: string) =>
      days.filter((day) => finds(read("since", text).filters[0] as AttributeFilter, [day]));
    expect(found("2026-01-01..2026-01-31")).toEqual(days.slice(1, 3));
    expect(found("2026-01-31..")).toEqual(days.slice(2));
    expect(found("..2025-12-31")).toEqual(days.slice(0, 1));
    expect(found("2026-02-01")).toEqual(days.slice(3));
  });

  test("is refused for what is no attribute, cannot be filtered by, or has no such value", () => {
    const message = (code: string, value: string) =>
      read(code, value).faults.map((fault) => `${fault.path} ${fault.message}`);
    expect(message("nothing", "x")).toEqual(["/attributes.nothing is not an attribute"]);
    expect(message("hidden", "x")).toEqual(["/attributes.hidden is an attribute that lists cannot be filtered by"]);
    expect(message("weight", "heavy")).toEqual(["/attributes.weight must be a number"]);
    expect(message("weight", "..")).toEqual(["/attributes.weight must be a range such as 1..5"]);
    expect(message("weight", "1..x")).toEqual(["/attributes.weight must be a range such as 1..5"]);
    expect(message("washable", "yes")).toEqual(["/attributes.washable must be true or false"]);
    expect(message("since", "2026-02-30")).toEqual(["/attributes.since must be a date such as 2026-01-31"]);
    expect(message("colour", "green")).toEqual([
      "/attributes.colour must be one of its options: red, blue, black, white",
    ]);
    expect(message("maker", "Ada, Bob")).toEqual([]);
  });
});

test("the terms of a product are those of its values that fit, each once, with its variants", () => {
  const product = productFacts("1", {
    slug: "a",
    title: "A",
    attributes: { weight: 2.5, hidden: "x", maker: "Ada", washable: "no boolean", unknown: 1 },
    variants: [
      { sku: "A", attributes: { colour: "red" } },
      { sku: "B", attributes: { colour: "red", weight: 1 } },
    ],
  });
  expect(filterIndex(product, attributes)).toEqual({
    terms: [
      "colour=red",
      "maker=Ada",
      "weight=1",
      "weight=2.5",
      `weight~${bucketOf(1)}`,
      `weight~${bucketOf(2.5)}`,
    ].sort(),
    numbers: { weight: [1, 2.5] },
  });
  expect(filterIndex(productFacts("1", { slug: "a", title: "A", variants: [{ sku: "A" }] }), attributes)).toEqual({
    terms: [],
    numbers: null,
  });
});

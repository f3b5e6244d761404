import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  type AttributeSet,
  lostPlaces,
  setFaults,
  setsBelow,
  wholeSet,
} from "#services/product/catalog/domain/attribute-sets.ts";
import {
  ATTRIBUTE_TYPES,
  type Attribute,
  attributeFaults,
  definitionFaults,
  isDate,
  valueFault,
} from "#services/product/catalog/domain/attributes.ts";
import { catalogLimits } from "#services/product/catalog/domain/limits.ts";
import { type AttributeValue, productFacts } from "#services/product/catalog/domain/product.ts";

const definition = (code: string, type: Attribute["type"], more: Partial<Attribute> = {}): Attribute => ({
  code,
  name: code,
  type,
  options: type === "option" ? ["red", "blue"] : [],
  unit: null,
  localised: false,
  filterable: true,
  ...more,
});

const day = fc
  .date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const fitting: Record<Attribute["type"], fc.Arbitrary<AttributeValue>> = {
  text: fc.string({ maxLength: catalogLimits.FILTER_TEXT_CHARS }),
  number: fc.double({ noNaN: true, noDefaultInfinity: true }),
  boolean: fc.boolean(),
  date: day,
  option: fc.constantFrom("red", "blue"),
};
const type = fc.constantFrom(...ATTRIBUTE_TYPES);

describe("a value", () => {
  test("of the type fits", () => {
    fc.assert(
      fc.property(
        type.chain((of) => fc.tuple(fc.constant(of), fitting[of])),
        ([of, value]) => {
          expect(valueFault(definition("a", of), value)).toBeUndefined();
        },
      ),
    );
  });

  test("of a type that JSON writes in another way does not fit", () => {
    const json = { text: "string", number: "number", boolean: "boolean", date: "string", option: "string" };
    fc.assert(
      fc.property(
        type,
        type.chain((of) => fitting[of]),
        (of, value) => {
          fc.pre(typeof value !== json[of]);
          expect(valueFault(definition("a", of), value)).toEqual(expect.any(String));
        },
      ),
    );
  });

  test("is refused with what it must be", () => {
    expect(valueFault(definition("a", "number", { unit: "kg" }), "2 kg")).toBe("must be a number, in kg");
    expect(valueFault(definition("a", "option"), "green")).toBe("must be one of its options: red, blue");
    expect(valueFault(definition("a", "text"), "x".repeat(201))).toContain("at most 200");
    expect(valueFault(definition("a", "text", { filterable: false }), "x".repeat(201))).toBeUndefined();
  });

  test("is a day exactly when the calendar has it", () => {
    fc.assert(fc.property(day, (text) => expect(isDate(text)).toBe(true)));
    for (const text of ["2026-02-29", "2026-13-01", "2026-1-1", "2026-01-01T00:00:00Z", "", "01.01.2026"])
      expect(isDate(text)).toBe(false);
  });
});

test("a definition has only what its type has", () => {
  const paths = (attribute: Attribute) => definitionFaults(attribute).map(({ path }) => path);
  for (const of of ATTRIBUTE_TYPES) expect(paths(definition("a", of))).toEqual([]);
  expect(paths(definition("a", "option", { options: [] }))).toEqual(["/options"]);
  expect(paths(definition("a", "text", { options: ["x"], unit: "kg" }))).toEqual(["/options", "/unit"]);
  expect(paths(definition("a", "number", { unit: "kg", localised: true }))).toEqual(["/localised"]);
});

const code = fc.constantFrom("a", "b", "c", "d", "e", "f");
const anySets = fc
  .uniqueArray(
    fc.record({
      code,
      attributes: fc.uniqueArray(fc.constantFrom("w", "x", "y", "z"), { maxLength: 3 }),
      axes: fc.constant<string[]>([]),
      extends: fc.option(code),
    }),
    { selector: (set) => set.code, minLength: 1 },
  )
  .map((sets) => new Map<string, AttributeSet>(sets.map((set) => [set.code, set])));
const all = new Set(["w", "x", "y", "z"]);

describe("a set", () => {
  test("that extends itself, directly or not, is refused, and none else for its line", () => {
    fc.assert(
      fc.property(anySets, (sets) => {
        for (const set of sets.values()) {
          const above: string[] = [];
          for (let at = set.extends; at !== null && sets.has(at) && above.length <= sets.size; ) {
            above.push(at);
            at = sets.get(at)?.extends ?? null;
          }
          const circular = above.length > sets.size;
          const missing = set.extends !== null && !sets.has(set.extends);
          const endsNowhere = above.length > 0 && sets.get(above.at(-1) ?? "")?.extends !== null;
          expect(setFaults(set, sets, all).length > 0).toBe(circular || missing || endsNowhere);
        }
      }),
    );
  });

  test("has what it adds and what the sets above it have", () => {
    fc.assert(
      fc.property(anySets, (sets) => {
        for (const set of sets.values()) {
          const { attributes } = wholeSet(set.code, sets);
          const parent = set.extends !== null && sets.has(set.extends) ? set.extends : undefined;
          expect(attributes).toEqual(expect.arrayContaining(set.attributes));
          if (parent && setFaults(set, sets, all).length === 0) {
            const inherited = wholeSet(parent, sets).attributes;
            expect(new Set(attributes)).toEqual(new Set([...inherited, ...set.attributes]));
            expect(setsBelow(parent, sets)).toContain(set.code);
          }
        }
      }),
    );
  });

  test("has a bounded depth, whether it grows above or below", () => {
    const line = (length: number) =>
      new Map(
        Array.from({ length }, (_, at): [string, AttributeSet] => [
          `s${at}`,
          { code: `s${at}`, attributes: [], axes: [], extends: at === 0 ? null : `s${at - 1}` },
        ]),
      );
    const faultsOf = (sets: Map<string, AttributeSet>, of: string) =>
      setFaults(sets.get(of) as AttributeSet, sets, all).map(({ path }) => path);
    const { SET_DEPTH } = catalogLimits;
    expect(faultsOf(line(SET_DEPTH), "s0")).toEqual([]);
    expect(faultsOf(line(SET_DEPTH + 1), "s0")).toEqual(["/extends"]);
    expect(faultsOf(line(SET_DEPTH + 1), `s${SET_DEPTH}`)).toEqual(["/extends"]);
  });

  test("keeps its axes among its attributes, also those of the sets below it", () => {
    const parent = { code: "p", attributes: ["x"], axes: [], extends: null };
    const child = { code: "c", attributes: [], axes: ["x"], extends: "p" };
    const sets = new Map<string, AttributeSet>([
      ["p", parent],
      ["c", child],
    ]);
    expect(setFaults(child, sets, all)).toEqual([]);
    const without = { ...parent, attributes: ["y"] };
    expect(setFaults(without, new Map(sets).set("p", without), all)).toMatchObject([{ path: "/attributes" }]);
    expect(setFaults({ ...child, axes: ["y"] }, new Map(sets).set("c", { ...child, axes: ["y"] }), all)).toMatchObject([
      { path: "/axes/0" },
    ]);
  });

  test("loses places exactly where a value had one and has none now", () => {
    const whole = fc
      .uniqueArray(fc.constantFrom<string[]>("w", "x", "y", "z"))
      .chain((attributes) => fc.record({ attributes: fc.constant(attributes), axes: fc.subarray(attributes) }));
    fc.assert(
      fc.property(whole, whole, fc.constantFrom<string[]>("w", "x", "y", "z"), (before, after, of) => {
        const inProduct = ({ attributes, axes }: typeof before) => attributes.includes(of) && !axes.includes(of);
        const { ofProducts, ofVariants } = lostPlaces(before, after);
        expect(ofProducts.includes(of)).toBe(inProduct(before) && !inProduct(after));
        expect(ofVariants.includes(of)).toBe(before.axes.includes(of) && !after.axes.includes(of));
      }),
    );
  });
});

describe("the attributes of a product", () => {
  const found = {
    attributes: new Map([
      ["weight", definition("weight", "number", { unit: "kg" })],
      ["colour", definition("colour", "option")],
    ]),
    sets: new Map([["chairs", { attributes: ["weight", "colour"], axes: ["colour"] }]]),
  };
  const pathsOf = (attributes: Record<string, AttributeValue>, ...variants: Record<string, AttributeValue>[]) => {
    const product = productFacts("prod_1", {
      slug: "a",
      title: "A",
      attributeSet: "chairs",
      attributes,
      variants: variants.map((own, at) => ({ sku: `S${at}`, attributes: own })),
    });
    return attributeFaults(product, found, "/products/0").map(({ path }) => path);
  };

  test("are in the set, in their place and of their type", () => {
    expect(pathsOf({ weight: 2 }, { colour: "red" }, { colour: "blue" })).toEqual([]);
    expect(pathsOf({ weight: "2" }, {})).toEqual(["/products/0/attributes/weight"]);
    expect(pathsOf({ "a/b": 2 }, {})).toEqual(["/products/0/attributes/a~1b"]);
    expect(pathsOf({ colour: "red" }, {})).toEqual(["/products/0/attributes/colour"]);
    expect(pathsOf({}, { weight: 2 })).toEqual(["/products/0/variants/0/attributes/weight"]);
    expect(pathsOf({}, { colour: "green" })).toEqual(["/products/0/variants/0/attributes/colour"]);
    expect(pathsOf({}, { colour: "red" }, { colour: "red" })).toEqual(["/products/0/variants/1/attributes"]);
  });

  test("are free without a set, and none are known of a set that does not exist", () => {
    const product = { slug: "a", title: "A", attributes: { anything: true }, variants: [{ sku: "A" }, { sku: "B" }] };
    expect(attributeFaults(productFacts("1", product), found, "")).toEqual([]);
    expect(attributeFaults(productFacts("1", { ...product, attributeSet: "x" }), found, "")).toMatchObject([
      { path: "/attributeSet" },
    ]);
  });
});

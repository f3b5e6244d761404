import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { valueFault } from "#services/product/catalog/domain/attributes.ts";
import type { Draft } from "#services/product/catalog/domain/import/draft.ts";
import { merged } from "#services/product/catalog/domain/import/draft.ts";
import { formatOf } from "#services/product/catalog/domain/import/header.ts";
import { typed } from "#services/product/catalog/domain/import/judge.ts";
import { productFacts } from "#services/product/catalog/domain/product.ts";
import { definitions, HEADER, type IcecatProduct, icecatProducts, rowOf, sets } from "#tools/import/icecat.ts";

const ATTRIBUTES = new Map(
  definitions().map((one) => [one.code, { options: [], unit: null, localised: false, ...one }]),
);

/** What the shop makes of a product, before it looks at other products. */
function imported(product: IcecatProduct) {
  const format = formatOf(HEADER);
  if (!format || "fault" in format) throw new Error("The header is not known.");
  const row = { row: 2, cells: rowOf(product) };
  const reading = format.read(
    { key: format.keyOf(row), rows: [row], count: 1, faults: [] },
    { currency: "USD", priceFault: () => undefined },
  );
  if (reading.kind === "faults") throw new Error(reading.faults[0]?.message);
  const { draft }: { draft: Draft } = reading;
  const candidate = {
    draft,
    index: 0,
    input: merged(undefined, draft),
    facts: productFacts("p", merged(undefined, draft)),
  };
  return typed([candidate], { attributes: ATTRIBUTES, sets: new Map() })[0]?.facts;
}

const patchCable = {
  ...{ id: "1", brand: "Tripp Lite", desc: "A cable", attrs: "0.3 Cat6 U/UTP (UTP) RJ-45 RJ-45 Blue China" },
  title: "Tripp Lite Cat6 Gigabit Snagless Molded UTP Patch Cable (RJ45 M/M) - Blue, 0.31 m (1-ft.)",
};

describe("a product of Icecat", () => {
  test("becomes a product with what a shop filters by", () => {
    expect(imported(patchCable)).toMatchObject({
      slug: "tripp-lite-cat6-gigabit-snagless-molded-utp-patch-cable-rj45-m-m-blue-0-31-m-1-ft-1",
      brand: "tripp-lite",
      categories: ["cables"],
      attributeSet: "cables",
      attributes: { colour: "Blue", length: 0.31, connector: "RJ-45", "cable-grade": "Cat6", origin: "China" },
      variants: [{ sku: "1" }],
    });
    const memory = { ...patchCable, title: "Kingston 1TB DDR3 memory module", attrs: "" };
    expect(imported(memory)?.attributes).toEqual({ capacity: 1_024, "memory-type": "DDR3" });
  });

  test("has only attributes of its set, each with a value of its type, whatever its texts are", () => {
    const words = [
      "Original",
      "black",
      "4GB",
      "12 m",
      "3-ft",
      '15.6"',
      "toner",
      "cable",
      "2.66 GHz",
      "DDR2",
      "6 pc(s)",
      "5",
    ];
    const text = fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 8 })), { maxLength: 9 });
    const one = fc.record({
      id: fc.stringMatching(/^[0-9]{1,8}$/),
      title: text,
      brand: fc.string(),
      desc: fc.string(),
      attrs: text,
    });
    const whole = new Map<string, Set<string>>();
    for (const set of sets())
      whole.set(set.code, new Set([...(whole.get(set.extends ?? "") ?? []), ...set.attributes]));
    fc.assert(
      fc.property(one, (product) => {
        const facts = imported({ ...product, title: `T ${product.title.join(" ")}`, attrs: product.attrs.join(" ") });
        const set = whole.get(facts?.attributeSet ?? "");
        for (const [code, value] of Object.entries(facts?.attributes ?? {})) {
          expect(set).toContain(code);
          const attribute = ATTRIBUTES.get(code);
          expect(attribute && valueFault(attribute, value)).toBeUndefined();
        }
      }),
    );
  });

  test("without its texts is refused", () => {
    expect(() => icecatProducts([{ ...patchCable, title: 5 }])).toThrow("Product 1 has no text title.");
    expect(() => icecatProducts({})).toThrow("array");
    expect(icecatProducts([patchCable])).toEqual([patchCable]);
  });
});

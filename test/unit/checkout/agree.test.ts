import { describe, expect, test } from "@jest/globals";
import { changedPrices, missingStock, stillAgreed } from "#services/commerce/checkout/domain/agree.ts";

const item = (sku: string, quantity: number, priceMinor: number) => ({
  itemId: `ci_${sku}`,
  productId: `prod_${sku}`,
  sku,
  title: sku,
  quantity,
  priceMinor,
});

describe("agreeing on a cart", () => {
  const items = [item("a", 1, 100), item("b", 2, 200)];

  test("names what costs more, less, or has no price", () => {
    expect(
      changedPrices(
        items,
        new Map([
          ["a", 100],
          ["b", 200],
        ]),
      ),
    ).toEqual([]);
    expect(changedPrices(items, new Map([["a", 99]]))).toEqual([
      { itemId: "ci_a", sku: "a", shownMinor: 100, currentMinor: 99 },
      { itemId: "ci_b", sku: "b", shownMinor: 200, currentMinor: null },
    ]);
  });

  test("names what there is too little of", () => {
    expect(
      missingStock(
        items,
        new Map([
          ["a", 1],
          ["b", 2],
        ]),
      ),
    ).toEqual([]);
    expect(missingStock(items, new Map([["b", 1]]))).toEqual([
      { sku: "a", requested: 1, available: 0 },
      { sku: "b", requested: 2, available: 1 },
    ]);
  });

  test("holds for the same things at the same prices, in any order, and for a lost cart", () => {
    expect(stillAgreed(items, items.toReversed())).toBe(true);
    expect(stillAgreed(items, [])).toBe(true);
    expect(stillAgreed(items, [item("a", 1, 100)])).toBe(false);
    expect(stillAgreed(items, [item("a", 2, 100), item("b", 2, 200)])).toBe(false);
    expect(stillAgreed(items, [item("a", 1, 101), item("b", 2, 200)])).toBe(false);
  });
});

import { describe, expect, test } from "@jest/globals";
import { isUnchanged, withItemIds } from "#services/commerce/checkout/domain/cart-snapshot.ts";

const item = (sku: string, quantity: number, priceMinor: number) => ({
  itemId: `ci_${sku}`,
  productId: `prod_${sku}`,
  sku,
  title: sku,
  quantity,
  priceMinor,
});
const items = [item("a", 1, 100), item("b", 2, 200)];

describe("a cart and its snapshot", () => {
  test("are unchanged with the same products at the same prices, in any sequence", () => {
    expect(isUnchanged(items, items.toReversed())).toBe(true);
    expect(isUnchanged(items, [item("a", 1, 100)])).toBe(false);
    expect(isUnchanged(items, [item("a", 2, 100), item("b", 2, 200)])).toBe(false);
    expect(isUnchanged(items, [item("a", 1, 101), item("b", 2, 200)])).toBe(false);
  });

  test("are unchanged when the cart is empty, because the store has lost it", () => {
    expect(isUnchanged(items, [])).toBe(true);
  });

  test("give an entry of each sku the item of the cart", () => {
    expect(withItemIds([{ sku: "b", shown: 2 }], items)).toEqual([{ sku: "b", shown: 2, itemId: "ci_b" }]);
    expect(withItemIds([{ sku: "c" }], items)).toEqual([{ sku: "c", itemId: undefined }]);
  });
});

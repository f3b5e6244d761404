import { expect, test } from "@jest/globals";
import { withItemIds } from "#services/commerce/checkout/domain/cart-snapshot.ts";

test("an entry of each sku gets the item of the cart", () => {
  const item = { itemId: "ci_b", productId: "prod_b", sku: "b", title: "b", quantity: 2, priceMinor: 200 };
  expect(withItemIds([{ sku: "b", shown: 2 }], [item])).toEqual([{ sku: "b", shown: 2, itemId: "ci_b" }]);
  expect(withItemIds([{ sku: "c" }], [item])).toEqual([{ sku: "c", itemId: undefined }]);
});

import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { guestOfCart, sourceOfCart } from "#services/commerce/carts/domain/sources.ts";

test("each attempt of each cart has a source of its own", () => {
  expect(sourceOfCart("cart_1", 1)).toBe("cart:cart_1");
  expect(sourceOfCart("cart_1", 2)).toBe("cart:cart_1:2");
  const cartId = fc.stringMatching(/^cart_[a-z0-9]{1,26}(~[\w-]{22})?$/);
  const attempt = fc.integer({ min: 1, max: 1_000 });
  fc.assert(
    fc.property(cartId, attempt, cartId, attempt, (a, n, b, m) => {
      expect(sourceOfCart(a, n) === sourceOfCart(b, m)).toBe(a === b && n === m);
    }),
  );
});

test("a guest's id is that of the cart with another prefix, so it is no customer's", () => {
  expect(guestOfCart("cart_01h455vb4pex5vsknk084sn02q")).toBe("guest_01h455vb4pex5vsknk084sn02q");
  fc.assert(fc.property(fc.string(), (cartId) => expect(guestOfCart(cartId).startsWith("guest_")).toBe(true)));
});

import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { CartTokenSigner } from "#services/commerce/carts/domain/cart-token-signer.ts";

const tokenSigner = new CartTokenSigner(Buffer.alloc(32, 1));
const other = new CartTokenSigner(Buffer.alloc(32, 2));

describe("the tokenSigner of a cart", () => {
  test("says whose it is, and lets nobody else in", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.stringMatching(/^[a-z0-9_]{1,30}$/), (a, b, id) => {
        const cartId = tokenSigner.customerCartId(id, a);
        expect(tokenSigner.ownedBy(cartId, a)).toBe(true);
        expect(tokenSigner.ownedBy(cartId, b)).toBe(a === b);
        expect(tokenSigner.ownedBy(id, a)).toBe(false);
        expect(other.ownedBy(cartId, a)).toBe(false);
        expect(tokenSigner.proves(tokenSigner.token(id), id)).toBe(true);
        expect(tokenSigner.proves(tokenSigner.token(id), `${id}x`)).toBe(false);
        expect(other.proves(tokenSigner.token(id), id)).toBe(false);
      }),
    );
  });

  test("refuses tokens of any other shape", () => {
    for (const token of [undefined, "", "x", tokenSigner.token("cart_1").slice(1), `${tokenSigner.token("cart_1")}x`]) {
      expect(tokenSigner.proves(token, "cart_1")).toBe(false);
    }
  });

  test("gives a guest no token that opens a customer's cart", () => {
    const cartId = tokenSigner.customerCartId("cart_1", "cust_1");
    expect(tokenSigner.proves(tokenSigner.token("cart_1"), cartId)).toBe(false);
    expect(cartId.length).toBeLessThanOrEqual(64);
  });
});

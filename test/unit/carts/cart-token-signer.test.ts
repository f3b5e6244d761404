import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { CartTokenSigner } from "#services/commerce/carts/domain/cart-token-signer.ts";

const tokenSigner = new CartTokenSigner(Buffer.alloc(32, 1));
const other = new CartTokenSigner(Buffer.alloc(32, 2));

describe("cart token signer", () => {
  test("accepts the owner and nobody else", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.stringMatching(/^[a-z0-9_]{1,30}$/), (a, b, id) => {
        const cartId = tokenSigner.customerCartId(id, a);
        expect(tokenSigner.isOwnedBy(cartId, a)).toBe(true);
        expect(tokenSigner.isOwnedBy(cartId, b)).toBe(a === b);
        expect(tokenSigner.isOwnedBy(id, a)).toBe(false);
        expect(other.isOwnedBy(cartId, a)).toBe(false);
        expect(tokenSigner.isTokenOf(tokenSigner.tokenOf(id), id)).toBe(true);
        expect(tokenSigner.isTokenOf(tokenSigner.tokenOf(id), `${id}x`)).toBe(false);
        expect(other.isTokenOf(tokenSigner.tokenOf(id), id)).toBe(false);
      }),
    );
  });

  test("rejects malformed tokens", () => {
    for (const token of [
      undefined,
      "",
      "x",
      tokenSigner.tokenOf("cart_1").slice(1),
      `${tokenSigner.tokenOf("cart_1")}x`,
    ]) {
      expect(tokenSigner.isTokenOf(token, "cart_1")).toBe(false);
    }
  });

  test("does not accept a guest's token for a customer's cart", () => {
    const cartId = tokenSigner.customerCartId("cart_1", "cust_1");
    expect(tokenSigner.isTokenOf(tokenSigner.tokenOf("cart_1"), cartId)).toBe(false);
    expect(cartId.length).toBeLessThanOrEqual(64);
  });
});

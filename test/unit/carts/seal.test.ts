import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Seal } from "../../../services/commerce/carts/domain/seal.ts";

const seal = new Seal(Buffer.alloc(32, 1));
const other = new Seal(Buffer.alloc(32, 2));

describe("the seal of a cart", () => {
  test("says whose it is, and lets nobody else in", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.stringMatching(/^[a-z0-9_]{1,30}$/), (a, b, id) => {
        const cartId = seal.customerCartId(id, a);
        expect(seal.ownedBy(cartId, a)).toBe(true);
        expect(seal.ownedBy(cartId, b)).toBe(a === b);
        expect(seal.ownedBy(id, a)).toBe(false);
        expect(other.ownedBy(cartId, a)).toBe(false);
        expect(seal.proves(seal.token(id), id)).toBe(true);
        expect(seal.proves(seal.token(id), `${id}x`)).toBe(false);
        expect(other.proves(seal.token(id), id)).toBe(false);
      }),
    );
  });

  test("refuses tokens of any other shape", () => {
    for (const token of [undefined, "", "x", seal.token("cart_1").slice(1), `${seal.token("cart_1")}x`]) {
      expect(seal.proves(token, "cart_1")).toBe(false);
    }
  });

  test("gives a guest no token that opens a customer's cart", () => {
    const cartId = seal.customerCartId("cart_1", "cust_1");
    expect(seal.proves(seal.token("cart_1"), cartId)).toBe(false);
    expect(cartId.length).toBeLessThanOrEqual(64);
  });
});

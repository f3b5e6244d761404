import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { limits } from "#config/limits.ts";
import {
  addItem,
  type Cart,
  type CartItem,
  changeItem,
  close,
  emptyCart,
  merge,
  removeItem,
  reprice,
  subtotalMinor,
} from "#services/commerce/carts/domain/cart.ts";
import { cartLimits } from "#services/commerce/carts/domain/limits.ts";

const item = (sku: string, quantity = 1, priceMinor = 100): CartItem => ({
  itemId: `ci_${sku}`,
  productId: `prod_${sku}`,
  sku,
  title: sku,
  quantity,
  priceMinor,
});
const filled = (...items: CartItem[]): Cart => ({ ...emptyCart("USD"), items });

describe("a cart", () => {
  test("adds the quantities of the same product, at the latest price, under the same item id", () => {
    const cart = addItem(filled(item("a", 2, 100)), { ...item("a", 3, 120), itemId: "ci_new" }, undefined);
    expect(cart.items).toEqual([{ ...item("a", 5, 120) }]);
  });

  test("adds an item once when the request is repeated", () => {
    const once = addItem(emptyCart("USD"), item("a"), "key-1");
    expect(addItem(once, item("a"), "key-1")).toBe(once);
    expect(addItem(once, item("a"), "key-2").items[0]?.quantity).toBe(2);
  });

  test("remembers a bounded number of requests", () => {
    let cart = emptyCart("USD");
    for (let n = 0; n < cartLimits.CART_REQUESTS + 10; n++) cart = addItem(cart, item("a"), `key-${n}`);
    expect(cart.done).toHaveLength(cartLimits.CART_REQUESTS);
  });

  test("limits the number of lines and pieces, and the total", () => {
    const full = filled(...Array.from({ length: cartLimits.CART_LINES }, (_, n) => item(`s${n}`)));
    expect(() => addItem(full, item("one more"), undefined)).toThrow(
      expect.objectContaining({ type: "LIMIT_REACHED" }),
    );
    expect(() => addItem(filled(item("a", limits.LINE_QUANTITY)), item("a"), undefined)).toThrow(
      expect.objectContaining({ type: "VALIDATION_FAILED" }),
    );
    for (const [currency, priceMinor] of [
      ["USD", 1e9],
      ["JPY", 1e7],
      ["KWD", 1e10],
    ] as const) {
      // 100,000 pieces cost one major unit more than an order may.
      const tooDear = () => addItem(emptyCart(currency), item("gold", 100_000, priceMinor), undefined);
      expect(tooDear).toThrow(
        expect.objectContaining({
          type: "CART_TOTAL_TOO_HIGH",
          detail: expect.stringContaining(`at most 999999999999 ${currency}.`),
          data: { maximum: 999_999_999_999, currency },
        }),
      );
      expect(() => addItem(emptyCart(currency), item("gold", 99_999, priceMinor), undefined)).not.toThrow();
    }
  });

  test("rejects a change of a missing item, and ignores its removal", () => {
    const cart = filled(item("a"));
    expect(() => changeItem(cart, "ci_b", 2)).toThrow(expect.objectContaining({ type: "NOT_FOUND" }));
    expect(removeItem(cart, "ci_b")).toBe(cart);
    expect(removeItem(cart, "ci_a").items).toEqual([]);
  });

  test("shows today's prices, and the last price of a product that has none", () => {
    const cart = filled(item("a", 1, 100), item("b", 1, 200));
    const repriced = reprice(cart, new Map([["a", 90]]));
    expect(repriced.items.map(({ priceMinor }) => priceMinor)).toEqual([90, 200]);
    expect(reprice(repriced, new Map([["a", 90]]))).toBe(repriced);
  });

  test("cannot be changed after it has become an order", () => {
    const cart = close(filled(item("a")), "ord_1");
    const refused = expect.objectContaining({ type: "CART_CHECKED_OUT", data: { orderId: "ord_1" } });
    expect(() => addItem(cart, item("b"), undefined)).toThrow(refused);
    expect(() => changeItem(cart, "ci_a", 2)).toThrow(refused);
    expect(() => removeItem(cart, "ci_a")).toThrow(refused);
    expect(() => merge(cart, [item("b")], "m")).toThrow(refused);
    expect(close(cart, "ord_2").orderId).toBe("ord_1");
    expect(reprice(cart, new Map([["a", 1]]))).toBe(cart);
  });

  test("merges a guest's items once, whatever items both carts have", () => {
    const items = fc.uniqueArray(fc.tuple(fc.constantFrom("a", "b", "c", "d"), fc.integer({ min: 1, max: 60_000 })), {
      selector: ([sku]) => sku,
    });
    fc.assert(
      fc.property(items, items, (own, guest) => {
        const cart = filled(...own.map(([sku, quantity]) => item(sku, quantity)));
        const merged = merge(
          cart,
          guest.map(([sku, quantity]) => item(sku, quantity)),
          "m",
        );
        expect(merge(merged, [item("z")], "m")).toBe(merged);
        for (const sku of ["a", "b", "c", "d"]) {
          const of = (lines: [string, number][]) => lines.find(([other]) => other === sku)?.[1] ?? 0;
          const lines = merged.items.filter((line) => line.sku === sku);
          expect(lines.length).toBeLessThanOrEqual(1);
          expect(lines[0]?.quantity ?? 0).toBe(Math.min(of(own) + of(guest), limits.LINE_QUANTITY));
        }
      }),
    );
  });

  test("adds up to the exact minor unit", () => {
    expect(subtotalMinor(filled(item("a", 3, 1995), item("b", 2, 1)))).toBe(5987);
  });
});

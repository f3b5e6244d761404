import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { limits } from "#config/limits.ts";
import {
  addItem,
  attemptOf,
  type Cart,
  type CartItem,
  changeItem,
  emptyCart,
  freeze,
  fromStored,
  isOverdue,
  merge,
  removeItem,
  reopen,
  reprice,
  subtotalMinor,
  tax,
} from "#services/commerce/carts/domain/cart.ts";
import { cartLimits } from "#services/commerce/carts/domain/limits.ts";
import { offerKey } from "#services/product/sellers/contract.ts";

const item = (sku: string, quantity = 1, priceMinor = 100): CartItem => ({
  itemId: `ci_${sku}`,
  productId: `prod_${sku}`,
  sku,
  title: sku,
  quantity,
  priceMinor,
});
const filled = (...items: CartItem[]): Cart => ({ ...emptyCart("USD", 0), items });

const NOW = 1_000_000_000_000;

describe("a cart", () => {
  test("adds the quantities of the same product, at the latest price, under the same item id", () => {
    const cart = addItem(filled(item("a", 2, 100)), { ...item("a", 3, 120), itemId: "ci_new" }, undefined);
    expect(cart.items).toEqual([{ ...item("a", 5, 120) }]);
  });

  test("has offers of sellers beside the shop's own pieces of the same sku", () => {
    const offer = (quantity: number, priceMinor: number): CartItem => ({
      ...item("a", quantity, priceMinor),
      ...{ itemId: "ci_offer", sellerId: "seller_1" },
    });
    const cart = addItem(addItem(filled(item("a", 2)), offer(1, 90), undefined), offer(2, 80), undefined);
    expect(cart.items).toEqual([item("a", 2), offer(3, 80)]);
    const prices = new Map([
      [offerKey({ sku: "a" }), { quantity: 1, priceMinor: 110 }],
      [offerKey({ sku: "a", sellerId: "seller_1" }), { quantity: 1, priceMinor: 70 }],
    ]);
    expect(reprice(cart, prices).items).toEqual([item("a", 2, 110), offer(3, 70)]);
    expect(merge(cart, [offer(4, 60), { ...offer(1, 50), sellerId: "seller_2" }], "merge").items).toEqual([
      item("a", 2),
      offer(7, 80),
      { ...offer(1, 50), sellerId: "seller_2" },
    ]);
  });

  test("adds an item once when the request is repeated", () => {
    const once = addItem(emptyCart("USD", 0), item("a"), "key-1");
    expect(addItem(once, item("a"), "key-1")).toBe(once);
    expect(addItem(once, item("a"), "key-2").items[0]?.quantity).toBe(2);
  });

  test("remembers a bounded number of requests", () => {
    let cart = emptyCart("USD", 0);
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
      const tooDear = () => addItem(emptyCart(currency, 0), item("gold", 100_000, priceMinor), undefined);
      expect(tooDear).toThrow(
        expect.objectContaining({
          type: "CART_TOTAL_TOO_HIGH",
          detail: expect.stringContaining(`at most 999999999999 ${currency}.`),
          data: { maximum: 999_999_999_999, currency },
        }),
      );
      expect(() => addItem(emptyCart(currency, 0), item("gold", 99_999, priceMinor), undefined)).not.toThrow();
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
    const today = new Map([["a", { quantity: 1, priceMinor: 90 }]]);
    const repriced = reprice(cart, today);
    expect(repriced.items.map(({ priceMinor }) => priceMinor)).toEqual([90, 200]);
    expect(reprice(repriced, today)).toBe(repriced);
  });

  test("stays the same when nothing new is learnt about its taxes", () => {
    const cart = filled(item("a"));
    const place = { country: "US", state: "NY", zipCode: "10001" };
    expect(tax(cart, false, place)).toBe(cart);
    const taxed = tax(cart, true, place);
    expect(taxed).toEqual({ ...cart, taxed: true, place });
    expect(tax(taxed, true, undefined)).toBe(taxed);
    expect(tax(taxed, true, { zipCode: "10001", country: "US", state: "NY" })).toBe(taxed);
    expect(tax(taxed, true, { country: "US", state: "NY" }).place).toEqual({ country: "US", state: "NY" });
    expect(tax(taxed, false, place)).toEqual(cart);
  });

  test("has the price of each quantity, wherever that comes from", () => {
    const byQuantity = [
      { minQuantity: 1, amountMinor: 100 },
      { minQuantity: 5, amountMinor: 80 },
    ];
    const tiered = { ...item("a", 4), byQuantity };
    const priceOf = (cart: Cart) => cart.items[0]?.priceMinor;
    const cart = addItem(filled(), tiered, undefined);
    expect(priceOf(cart)).toBe(100);
    expect(priceOf(addItem(cart, { ...item("a", 1), byQuantity }, undefined))).toBe(80);
    expect(priceOf(changeItem(cart, "ci_a", 6))).toBe(80);
    expect(priceOf(changeItem(changeItem(cart, "ci_a", 6), "ci_a", 2))).toBe(100);
    expect(priceOf(merge(cart, [{ ...item("a", 3), byQuantity }], "merge 1"))).toBe(80);
    // The prices were asked for four pieces, and meanwhile the cart has six.
    const six = filled({ ...item("a", 6) });
    expect(priceOf(reprice(six, new Map([["a", { quantity: 4, priceMinor: 100, byQuantity }]])))).toBe(80);
    // They depend on the quantity no more.
    const flat = reprice(changeItem(cart, "ci_a", 6), new Map([["a", { quantity: 6, priceMinor: 90 }]]));
    expect(flat.items).toEqual([item("a", 6, 90)]);
    expect(priceOf(changeItem(flat, "ci_a", 1))).toBe(90);
  });

  test("has the prices of another country from the end of a checkout on that was to go there", () => {
    const cart = freeze(filled(item("a")), 1, NOW);
    expect(reopen(cart, 1)).not.toHaveProperty("region");
    expect(reopen(cart, 1, "DE")).toMatchObject({ region: "DE", checkout: null });
    expect(reopen({ ...cart, region: "DE" }, 1)).toMatchObject({ region: "DE" });
    expect(reopen(cart, 2, "DE")).toBe(cart);
  });

  test("is frozen once for each checkout, and keeps the contents that it was frozen with", () => {
    const cart = freeze(filled(item("a")), 1, NOW);
    expect(cart).toEqual({ ...filled(item("a")), checkout: { attempt: 1, at: NOW }, attempts: 1 });
    expect(freeze(cart, 1, NOW + 1)).toBe(cart);
    expect(freeze(cart, 2, NOW + 1)).toEqual({ ...cart, checkout: { attempt: 2, at: NOW + 1 }, attempts: 2 });
    const later = freeze(cart, 2, NOW);
    expect(() => freeze(later, 1, NOW)).toThrow(expect.objectContaining({ type: "CONFLICT" }));
  });

  test("is not frozen again for a checkout that has ended", () => {
    const open = reopen(freeze(filled(item("a")), 2, NOW), 2);
    for (const attempt of [1, 2])
      expect(() => freeze(open, attempt, NOW)).toThrow(expect.objectContaining({ type: "CONFLICT" }));
    expect(freeze(open, 3, NOW).checkout?.attempt).toBe(3);
    expect(freeze({ ...open, attempts: null }, 1, NOW).attempts).toBe(1); // what is not known refuses nothing
  });

  test("knows which checkout it is in or which one is next, unless the store did not have it once", () => {
    const cart = filled(item("a"));
    expect(attemptOf(cart)).toBe(1);
    expect(attemptOf(freeze(cart, 1, NOW))).toBe(1);
    expect(attemptOf(reopen(freeze(cart, 1, NOW), 1))).toBe(2);
    const found = { ...cart, attempts: null };
    expect(attemptOf(found)).toBeNull();
    expect(attemptOf(addItem(found, item("b"), undefined))).toBeNull();
    expect(attemptOf(freeze(found, 4, NOW))).toBe(4);
  });

  test("may be opened when its checkout began long ago, or at a time that a wrong clock has shown", () => {
    const checkout = { attempt: 1, at: NOW };
    const long = cartLimits.CHECKOUT_SECONDS * 1_000;
    expect([0, long].map((passed) => isOverdue(checkout, NOW + passed))).toEqual([false, false]);
    expect([long + 1, -long - 1].map((passed) => isOverdue(checkout, NOW + passed))).toEqual([true, true]);
    const cart = freeze(filled(item("a")), 1, NOW);
    expect(freeze(cart, 1, NOW + long + 1).checkout).toEqual({ attempt: 1, at: NOW + long + 1 }); // a new time, not a new attempt
  });

  test("is opened after the checkout that it is frozen for, and after no other one", () => {
    const cart = freeze(filled(item("a")), 2, NOW);
    expect(reopen(cart, 2)).toEqual({ ...filled(item("a")), attempts: 2 });
    expect(reopen(cart, 1)).toBe(cart);
    const open = filled(item("a"));
    expect(reopen(open, 1)).toBe(open);
  });

  test("of an earlier version is read with its first checkout, if it has an order", () => {
    const { checkout: _, attempts: __, ...cart } = filled(item("a"));
    expect(fromStored({ ...cart, orderId: "ord_1" })).toEqual({
      ...cart,
      checkout: { attempt: 1, at: 0 },
      attempts: 1,
    });
    expect(fromStored({ ...cart, orderId: null })).toEqual({ ...cart, checkout: null, attempts: null });
    const checkout = { attempt: 3, at: NOW };
    expect(fromStored({ ...cart, checkout })).toEqual({ ...cart, checkout, attempts: 3 });
    expect(fromStored(freeze(filled(item("a")), 3, NOW))).toEqual(freeze(filled(item("a")), 3, NOW));
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

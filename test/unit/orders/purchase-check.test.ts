import { describe, expect, test } from "@jest/globals";
import { priceChanges, purchaseProblem, shortages } from "#services/commerce/orders/domain/purchase-check.ts";
import { line } from "./order-examples.ts";

describe("price changes", () => {
  test("are named once for each price that was shown", () => {
    const lines = [line("a", 1, 100), line("a", 2, 100), line("a", 1, 90), line("b", 1, 50), line("c", 1, 10)];
    const prices = new Map([
      ["a", 120],
      ["b", 50],
    ]);
    expect(priceChanges(lines, prices)).toEqual([
      { sku: "a", shownMinor: 100, currentMinor: 120 },
      { sku: "a", shownMinor: 90, currentMinor: 120 },
      { sku: "c", shownMinor: 10, currentMinor: null },
    ]);
  });

  test("are none when every line shows today's price", () => {
    expect(priceChanges([line("a", 1, 100), line("b", 1, 0)], bySku({ a: 100, b: 0 }))).toEqual([]);
  });
});

describe("shortages", () => {
  test("compare the stock with all lines together", () => {
    const lines = [line("a", 3, 1), line("b", 1, 1), line("a", 3, 1), line("c", 1, 1)];
    expect(shortages(lines, bySku({ a: 5, b: 1, c: 0 }))).toEqual([
      { sku: "a", requested: 6, available: 5 },
      { sku: "c", requested: 1, available: 0 },
    ]);
  });
});

describe("the check of a purchase", () => {
  const lines = [line("a", 2, 100), line("b", 1, 50)];
  const prices = bySku({ a: 100, b: 50 });
  const available = bySku({ a: 2, b: 1 });

  test("accepts today's prices and sufficient stock", () => {
    expect(purchaseProblem(lines, { prices, available }, "invalid-currency")).toBeUndefined();
    expect(purchaseProblem(lines, { prices, available }, "price-changed")).toBeUndefined();
  });

  test("accepts any quantity while the stock is unknown", () => {
    expect(purchaseProblem(lines, { prices, available: new Map() }, "price-changed")).toBeUndefined();
  });

  test("reports changed prices before missing stock", () => {
    const facts = { prices: bySku({ a: 101, b: 50 }), available: new Map() };
    expect(purchaseProblem(lines, facts, "invalid-currency")).toEqual({
      kind: "priceChanged",
      changes: [{ sku: "a", shownMinor: 100, currentMinor: 101 }],
    });
  });

  test("reports missing stock", () => {
    expect(purchaseProblem(lines, { prices, available: bySku({ a: 1, b: 1 }) }, "price-changed")).toEqual({
      kind: "outOfStock",
      shortages: [{ sku: "a", requested: 2, available: 1 }],
    });
  });

  test("reports lines without a price as the caller asks", () => {
    const facts = { prices: bySku({ a: 101 }), available };
    const repeated = [...lines, line("b", 3, 50)];
    expect(purchaseProblem(repeated, facts, "invalid-currency")).toEqual({ kind: "invalidCurrency", skus: ["b"] });
    expect(purchaseProblem(repeated, facts, "price-changed")).toEqual({
      kind: "priceChanged",
      changes: [
        { sku: "a", shownMinor: 100, currentMinor: 101 },
        { sku: "b", shownMinor: 50, currentMinor: null },
      ],
    });
  });
});

function bySku(values: Record<string, number>): Map<string, number> {
  return new Map(Object.entries(values));
}

import { describe, expect, test } from "@jest/globals";
import { type Line, priceChanges, shortages, totalMinor } from "#services/commerce/orders/domain/lines.ts";

const line = (sku: string, quantity: number, priceMinor: number): Line => ({
  productId: "prod_1",
  sku,
  title: sku,
  quantity,
  priceMinor,
});

describe("the lines of an order", () => {
  test("cost their sum", () => {
    expect(totalMinor([line("a", 3, 199), line("b", 1, 0), line("a", 2, 199)], Number.MAX_SAFE_INTEGER)).toBe(995);
  });

  test("cost nothing that cannot be counted exactly", () => {
    const dear = line("a", 100_000, 99_999_999_999_999);
    expect(totalMinor([dear], Number.MAX_SAFE_INTEGER)).toBeNull();
    const limit = Number.MAX_SAFE_INTEGER;
    expect(totalMinor([line("a", 1, limit)], limit)).toBe(limit);
    expect(totalMinor([line("a", 1, limit), line("b", 1, 1)], limit)).toBeNull();
  });

  test("that changed in price are named once for each price shown", () => {
    const lines = [line("a", 1, 100), line("a", 2, 100), line("a", 1, 90), line("b", 1, 50), line("c", 1, 10)];
    const today = new Map([
      ["a", 120],
      ["b", 50],
    ]);
    expect(priceChanges(lines, today)).toEqual([
      { sku: "a", shownMinor: 100, currentMinor: 120 },
      { sku: "a", shownMinor: 90, currentMinor: 120 },
    ]);
  });

  test("are short of stock together", () => {
    const lines = [line("a", 3, 1), line("b", 1, 1), line("a", 3, 1), line("c", 1, 1)];
    const there = new Map([
      ["a", 5],
      ["b", 1],
    ]);
    expect(shortages(lines, there)).toEqual([
      { sku: "a", requested: 6, available: 5 },
      { sku: "c", requested: 1, available: 0 },
    ]);
  });
});

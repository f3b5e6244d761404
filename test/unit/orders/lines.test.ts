import { describe, expect, test } from "@jest/globals";
import { totalMinor } from "#services/commerce/orders/domain/lines.ts";
import { line } from "./order-examples.ts";

describe("the total of an order's lines", () => {
  test("is their sum", () => {
    expect(totalMinor([line("a", 3, 199), line("b", 1, 0), line("a", 2, 199)], Number.MAX_SAFE_INTEGER)).toBe(995);
  });

  test("is null where the sum cannot be exact or is above the maximum", () => {
    const expensive = line("a", 100_000, 99_999_999_999_999);
    expect(totalMinor([expensive], Number.MAX_SAFE_INTEGER)).toBeNull();
    const limit = Number.MAX_SAFE_INTEGER;
    expect(totalMinor([line("a", 1, limit)], limit)).toBe(limit);
    expect(totalMinor([line("a", 1, limit), line("b", 1, 1)], limit)).toBeNull();
  });
});

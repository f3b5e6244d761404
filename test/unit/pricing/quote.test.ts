import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { limits } from "#config/limits.ts";
import { isDomainError } from "#lib/contract/errors.ts";
import { MAX_MINOR, toMinor } from "#lib/contract/money.ts";
import { quote } from "#services/product/pricing/domain/quote.ts";

const item = fc.record({
  sku: fc.constantFrom("A", "B", "C"),
  quantity: fc.integer({ min: 1, max: limits.LINE_QUANTITY }),
});
const items = fc.array(item, { minLength: 1, maxLength: limits.ORDER_LINES });
const unit = fc.integer({ min: 0, max: Math.floor(MAX_MINOR / limits.LINE_QUANTITY / limits.ORDER_LINES) });
const prices = fc.tuple(unit, unit, unit).map(
  ([a, b, c]) =>
    new Map([
      ["A", a],
      ["B", b],
      ["C", c],
    ]),
);

describe("a quote", () => {
  test("is exact to the minor unit, however large it is", () => {
    fc.assert(
      fc.property(items, prices, fc.constantFrom("USD", "JPY", "KWD"), (requested, unitMinor, currency) => {
        const exact = requested.reduce(
          (sum, { sku, quantity }) => sum + BigInt(unitMinor.get(sku) ?? 0) * BigInt(quantity),
          0n,
        );
        const answer = quote(requested, unitMinor, currency);
        expect(BigInt(answer.totalMinor)).toBe(exact);
        expect(toMinor(answer.totalAmount, currency)).toBe(answer.totalMinor);
        expect(answer.lines.map(({ sku, quantity }) => ({ sku, quantity }))).toEqual(requested);
        for (const line of answer.lines) expect(line.totalMinor).toBe(line.unitMinor * line.quantity);
      }),
    );
  });

  test("costs the same in any order, and split over several lines", () => {
    fc.assert(
      fc.property(items, prices, (requested, unitMinor) => {
        const total = quote(requested, unitMinor, "USD").totalMinor;
        expect(quote([...requested].reverse(), unitMinor, "USD").totalMinor).toBe(total);
        const pieces = requested.flatMap(({ sku, quantity }) =>
          quantity === 1
            ? [{ sku, quantity }]
            : [
                { sku, quantity: 1 },
                { sku, quantity: quantity - 1 },
              ],
        );
        expect(quote(pieces, unitMinor, "USD").totalMinor).toBe(total);
      }),
    );
  });

  test("names the items that have no price", () => {
    try {
      quote(
        [
          { sku: "A", quantity: 1 },
          { sku: "X", quantity: 1 },
        ],
        new Map([["A", 1]]),
        "USD",
      );
      throw new Error("not refused");
    } catch (error) {
      expect(isDomainError(error, "UNKNOWN_PRODUCT")).toBe(true);
      expect((error as { data: unknown }).data).toMatchObject({ errors: [{ path: "/items/1/sku" }] });
    }
  });

  test("above the largest amount is refused", () => {
    const highest = new Map([["A", MAX_MINOR]]);
    for (const requested of [
      [{ sku: "A", quantity: 2 }],
      [
        { sku: "A", quantity: 1 },
        { sku: "A", quantity: 1 },
      ],
    ]) {
      try {
        quote(requested, highest, "USD");
        throw new Error("not refused");
      } catch (error) {
        expect(isDomainError(error, "VALIDATION_FAILED")).toBe(true);
      }
    }
    expect(quote([{ sku: "A", quantity: 1 }], highest, "USD").totalMinor).toBe(MAX_MINOR);
  });
});

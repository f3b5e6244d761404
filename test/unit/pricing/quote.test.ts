import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { limits } from "#config/limits.ts";
import { isDomainError } from "#lib/contract/errors.ts";
import { MAX_MINOR, toMinor } from "#lib/contract/money.ts";
import { linesOf, type QuoteItem, quantitiesOf, quoteView } from "#services/product/pricing/domain/quote.ts";

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

/** A quote at these base prices, without taxes. */
function quote(requested: readonly QuoteItem[], unitMinor: ReadonlyMap<string, number>, currency: string) {
  const held = [...unitMinor].map(
    ([sku, amountMinor]) => [sku, { amountMinor, listMinor: amountMinor, source: "base" as const }] as const,
  );
  return quoteView(linesOf(requested, new Map(held), currency), { lines: [], addedMinor: 0 }, currency);
}

describe("a quote", () => {
  test("is exact to the minor unit, however large it is", () => {
    fc.assert(
      fc.property(items, prices, fc.constantFrom("USD", "JPY", "KWD"), (requested, unitMinor, currency) => {
        const exact = requested.reduce(
          (sum, { sku, quantity }) => sum + BigInt(unitMinor.get(sku) ?? 0) * BigInt(quantity),
          0n,
        );
        const answer = quote(requested, unitMinor, currency);
        expect(BigInt(toMinor(answer.total, currency))).toBe(exact);
        expect(answer.subtotal).toBe(answer.total);
        expect(answer.lines.map(({ sku, quantity }) => ({ sku, quantity }))).toEqual(requested);
        for (const { sku, unitPrice, listPrice, total, quantity } of answer.lines) {
          expect(toMinor(unitPrice, currency)).toBe(unitMinor.get(sku));
          expect(listPrice).toBe(unitPrice);
          expect(toMinor(total, currency)).toBe(toMinor(unitPrice, currency) * quantity);
        }
      }),
    );
  });

  test("costs the same in any order, and split over several lines", () => {
    fc.assert(
      fc.property(items, prices, (requested, unitMinor) => {
        const total = quote(requested, unitMinor, "USD").total;
        expect(quote([...requested].reverse(), unitMinor, "USD").total).toBe(total);
        const pieces = requested.flatMap(({ sku, quantity }) =>
          quantity === 1
            ? [{ sku, quantity }]
            : [
                { sku, quantity: 1 },
                { sku, quantity: quantity - 1 },
              ],
        );
        expect(quote(pieces, unitMinor, "USD").total).toBe(total);
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
    expect(quote([{ sku: "A", quantity: 1 }], highest, "USD").total).toBe(MAX_MINOR / 100);
  });
});

test("the pieces of a sku are counted over all lines, whatever it is called", () => {
  const line = (sku: string, quantity: number) => ({ sku, quantity });
  expect({ ...quantitiesOf([line("A", 2), line("B", 1), line("A", 3)]) }).toEqual({ A: 5, B: 1 });
  expect(quantitiesOf([line("__proto__", 2), line("constructor", 1), line("__proto__", 1)]).constructor).toBe(1);
  expect(Object.entries(quantitiesOf([line("__proto__", 2)]))).toEqual([["__proto__", 2]]);
});

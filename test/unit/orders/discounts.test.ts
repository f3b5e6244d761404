import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { discountedLines, discountProblem, discountsOf } from "#services/commerce/orders/domain/discounts.ts";
import { netMinor, orderTotalMinor } from "#services/commerce/orders/domain/lines.ts";
import { line } from "./order-examples.ts";

/** Purchases with what promotions take off them: never more than a line costs. */
const purchases = fc
  .array(fc.record({ quantity: fc.integer({ min: 1, max: 100 }), priceMinor: fc.integer({ min: 0, max: 10_000 }) }), {
    minLength: 1,
    maxLength: 10,
  })
  .chain((some) =>
    fc.record({
      lines: fc.constant(some.map(({ quantity, priceMinor }, i) => line(`sku-${i}`, quantity, priceMinor))),
      parts: fc.array(fc.tuple(...some.map(() => fc.double({ min: 0, max: 1, noNaN: true }))), { maxLength: 4 }),
    }),
  )
  .map(({ lines, parts }) => {
    const left = lines.map(({ quantity, priceMinor }) => quantity * priceMinor);
    const discounts = parts.map((part, n) => {
      const shares = part.map((some, i) => Math.floor((left[i] ?? 0) * some));
      for (const [i, share] of shares.entries()) left[i] = (left[i] ?? 0) - share;
      const amountMinor = shares.reduce((sum, share) => sum + share, 0);
      return { promotionId: `promo_${n}`, name: `${n}`, amountMinor, shares };
    });
    return { lines, discounts };
  });

describe("the discounts of an order", () => {
  test("come off its lines and its total to the last minor unit", () => {
    fc.assert(
      fc.property(purchases, ({ lines, discounts }) => {
        const most = Number.MAX_SAFE_INTEGER;
        const discounted = discountedLines(lines, { discounts });
        const off = discountsOf({ discounts, unused: [] }).reduce((sum, { amountMinor }) => sum + amountMinor, 0);
        expect(orderTotalMinor(discounted, [], most)).toBe((orderTotalMinor(lines, [], most) ?? 0) - off);
        expect(discounted.every((one) => netMinor(one) >= 0)).toBe(true);
        expect(discounted.map(({ discountMinor: _, ...rest }) => rest)).toEqual(lines);
      }),
    );
  });

  test("have free shipping among them, which takes nothing off", () => {
    const freeShipping = { promotionId: "promo_ship", name: "Free shipping", code: "SHIP" };
    expect(discountsOf({ discounts: [], freeShipping, unused: [] })).toEqual([{ ...freeShipping, amountMinor: 0 }]);
  });

  test("are a problem when they are lower than they were shown, and not when they are higher", () => {
    const discounts = [{ promotionId: "promo_1", name: "Sale", amountMinor: 10, shares: [10] }];
    const answer = { discounts, unused: [] };
    expect(discountProblem(answer, { required: [], shownMinor: 11 })).toEqual({
      ...{ kind: "lower", shownMinor: 11, currentMinor: 10 },
    });
    for (const shownMinor of [0, 9, 10]) expect(discountProblem(answer, { required: [], shownMinor })).toBeUndefined();
  });

  test("are a problem when a required code gives nothing, and not when another one does", () => {
    const unused = [{ code: "Late", reason: "ended", message: "It is over." }];
    const answer = { discounts: [], unused };
    const expected = { kind: "couponInvalid", ...unused[0] };
    expect(discountProblem(answer, { required: [" LATE "], shownMinor: 0 })).toEqual(expected);
    expect(discountProblem(answer, { required: ["other"], shownMinor: 0 })).toBeUndefined();
    expect(discountProblem(answer, { required: [], shownMinor: 0 })).toBeUndefined();
  });
});

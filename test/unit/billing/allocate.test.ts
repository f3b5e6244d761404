import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { shareOf, split } from "#services/commerce/billing/domain/allocate.ts";

const amounts = fc.integer({ min: 1, max: 999_999_999_999_999 });

/** Amounts that add up to the first one. */
const parts = fc
  .tuple(amounts, fc.array(fc.integer({ min: 1, max: 1_000_000 }), { maxLength: 30 }))
  .map(([whole, cuts]) => {
    const given: number[] = [];
    let left = whole;
    for (const cut of cuts) {
      const part = Math.min(left, cut);
      if (part > 0) given.push(part);
      left -= part;
    }
    return left > 0 ? [...given, left] : given;
  });

test("the shares of any parts of a whole add up to the amount, and none is below zero or above its part", () => {
  fc.assert(
    fc.property(parts, fc.double({ min: 0, max: 1, noNaN: true }), (given, ratio) => {
      const whole = given.reduce((sum, part) => sum + part, 0);
      const tax = Math.floor(whole * ratio);
      let reached = 0;
      const shares = given.map((part) => {
        const from = reached;
        reached += part;
        return shareOf(tax, from, reached, whole);
      });
      expect(shares.reduce((sum, share) => sum + share, 0)).toBe(tax);
      for (const [i, share] of shares.entries()) {
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(given[i] as number);
      }
    }),
  );
});

test("an amount that is split by weights is complete, and no part is further than a unit from its share", () => {
  const weights = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 250 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000_000 }), weights, (amount, given) => {
      const whole = given.reduce((sum, weight) => sum + weight, 0);
      fc.pre(whole > 0);
      const found = split(amount, given);
      expect(found.reduce((sum, part) => sum + part, 0)).toBe(amount);
      for (const [i, part] of found.entries())
        expect(Math.abs(part - (amount * (given[i] as number)) / whole)).toBeLessThan(1.001);
    }),
  );
});

import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { MAX_MINOR } from "#lib/contract/money.ts";
import { partOf, shareOut } from "#services/product/promotions/domain/share-out.ts";

const minor = fc.oneof(fc.nat(99_999), fc.integer({ min: 0, max: Math.floor(MAX_MINOR / 10) }));
const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0);

test("an amount is shared out exactly, however large, each share next to its own part and never above its weight", () => {
  const cases = fc
    .array(minor, { minLength: 1, maxLength: 10 })
    .chain((weights) =>
      fc.record({ weights: fc.constant(weights), amount: fc.integer({ min: 0, max: sum(weights) }) }),
    );
  fc.assert(
    fc.property(cases, ({ weights, amount }) => {
      const shares = shareOut(amount, weights);
      const all = BigInt(sum(weights));
      expect(sum(shares)).toBe(all === 0n ? 0 : amount);
      for (const [i, share] of shares.entries()) {
        expect(share).toBeLessThanOrEqual(weights[i] ?? 0);
        const away = BigInt(share) * all - BigInt(amount) * BigInt(weights[i] ?? 0);
        expect(away < all || all === 0n).toBe(true);
        expect(away > -all || all === 0n).toBe(true);
      }
    }),
    { numRuns: 1_000 },
  );
});

test("a part is rounded half up, however large the whole", () => {
  fc.assert(
    fc.property(minor, fc.integer({ min: 0, max: 10_000 }), (whole, points) => {
      const exact = (2n * BigInt(whole) * BigInt(points) + 10_000n) / 20_000n;
      expect(partOf(whole, points, 10_000)).toBe(Number(exact));
    }),
  );
  expect([partOf(1, 5_000, 10_000), partOf(1, 4_999, 10_000), partOf(5, 1, 0)]).toEqual([1, 0, 0]);
});

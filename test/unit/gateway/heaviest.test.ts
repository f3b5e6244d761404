import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Holder, heaviest } from "#services/platform/gateway/overload/heaviest.ts";

const holder = fc.record({ address: fc.constantFrom("a", "b", "c", "d"), bytes: fc.nat(1_000) });
const sum = (holders: readonly Holder[]) => holders.reduce((total, { bytes }) => total + bytes, 0);

test("the address that holds the most loses first, and there what is largest", () => {
  const holders = [
    { address: "a", bytes: 50 },
    { address: "b", bytes: 30 },
    { address: "b", bytes: 40 },
    { address: "b", bytes: 10 },
  ];
  expect(heaviest(holders, 1)).toEqual([{ address: "b", bytes: 40 }]);
  expect(heaviest(holders, 45)).toEqual([
    { address: "b", bytes: 40 },
    { address: "b", bytes: 30 },
  ]);
  expect(heaviest(holders, 81)).toHaveLength(4);
});

test("enough is freed, and nothing beyond that", () => {
  fc.assert(
    fc.property(fc.array(holder), fc.integer({ min: 1, max: 5_000 }), (holders, excess) => {
      const chosen = heaviest(holders, excess);
      if (sum(holders) < excess) expect(chosen).toHaveLength(holders.length);
      else {
        expect(sum(chosen)).toBeGreaterThanOrEqual(excess);
        expect(sum(chosen.slice(0, -1))).toBeLessThan(excess);
      }
    }),
  );
});

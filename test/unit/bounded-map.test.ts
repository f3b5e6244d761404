import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { BoundedMap } from "#lib/bounded-map.ts";

test("never holds more than its maximum, and always the newest half of it", () => {
  const keys = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 200 });
  fc.assert(
    fc.property(keys, fc.integer({ min: 1, max: 10 }), (stored, half) => {
      const map = new BoundedMap<number, number>(2 * half);
      for (const [at, key] of stored.entries()) {
        map.set(key, at);
        const held = [...new Set(stored)].filter((one) => map.get(one) !== undefined);
        expect(held.length).toBeLessThanOrEqual(2 * half);
        const newest = stored.slice(0, at + 1).slice(-half);
        for (const one of newest) expect(map.get(one)).toBe(stored.lastIndexOf(one, at));
      }
    }),
  );
});

test("forgets a deleted entry, whichever generation it was in", () => {
  const map = new BoundedMap<string, number>(4);
  for (const [at, key] of ["a", "b", "a", "c"].entries()) map.set(key, at);
  map.delete("a");
  map.delete("b");
  expect(["a", "b", "c"].map((key) => map.get(key))).toEqual([undefined, undefined, 3]);
  map.clear();
  expect(map.get("c")).toBeUndefined();
});

test("an insertion into a full map takes about as long as one into an empty map", () => {
  const map = new BoundedMap<number, number>(50_000);
  const msOf = (from: number) => {
    const began = performance.now();
    for (let n = from; n < from + 25_000; n++) map.set(n, n);
    return performance.now() - began;
  };
  const times = Array.from({ length: 8 }, (_, round) => msOf(round * 25_000));
  const [empty, full] = [Math.min(...times.slice(0, 2)), Math.min(...times.slice(2))];
  expect(full).toBeLessThan(20 * Math.max(empty, 1)); // with one Map it is more than 100 times
});

import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { partitionOf } from "#lib/events/envelope.ts";

describe("the partition of a key", () => {
  test("is below the number of partitions, and always the same", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 64 }), (key, partitions) => {
        const partition = partitionOf(key, partitions);
        expect(Number.isInteger(partition) && partition >= 0 && partition < partitions).toBe(true);
        expect(partitionOf(key, partitions)).toBe(partition);
      }),
      { numRuns: 3_000 },
    );
  });

  // Streams outlive the code: if the function changed, one aggregate would be in two partitions at once.
  test.each([
    ["", 1],
    ["ord_01h455vb4pex5vsknk084sn02q", 5],
    ["MUG-ENAMEL", 3],
    ["ключ", 5],
  ])("does not change for %j", (key, partition) => {
    expect(partitionOf(key, 12)).toBe(partition);
  });

  test("is spread evenly over the partitions", () => {
    const counts = new Array<number>(12).fill(0);
    for (let i = 0; i < 12_000; i++) {
      const partition = partitionOf(`ord_${i.toString(36)}`, 12);
      counts[partition] = (counts[partition] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(800);
  });
});

import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { partitionOf } from "#lib/events/envelope.ts";
import { segments } from "#lib/events/inbox/segments.ts";

const batch = fc
  .array(fc.record({ type: fc.constantFrom("A", "B", "C"), key: fc.constantFrom("x", "y", "z", "w") }), {
    maxLength: 60,
  })
  .map((events) => events.map((event, place) => ({ ...event, place })));

describe("segments", () => {
  test("hold every event once, one type each, with the order of every key", () => {
    fc.assert(
      fc.property(batch, (events) => {
        const cut = segments(events);
        const flat = cut.flatMap((segment) => segment.events);
        expect([...flat].sort((a, b) => a.place - b.place)).toEqual(events);
        for (const { type, events: held } of cut) {
          expect(held.length).toBeGreaterThan(0);
          expect(held.every((event) => event.type === type)).toBe(true);
        }
        for (const key of new Set(events.map((event) => event.key))) {
          const places = flat.filter((event) => event.key === key).map((event) => event.place);
          expect(places).toEqual([...places].sort((a, b) => a - b));
        }
      }),
      { numRuns: 3_000 },
    );
  });

  test("are as many as types when no key has two", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("A", "B", "C"), { maxLength: 60 }), (types) => {
        const cut = segments(types.map((type, place) => ({ type, key: `key-${place}` })));
        expect(cut).toHaveLength(new Set(types).size);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("the partition of a key", () => {
  test("is one of those there are, and always the same", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 64 }), (key, partitions) => {
        const partition = partitionOf(key, partitions);
        expect(Number.isInteger(partition) && partition >= 0 && partition < partitions).toBe(true);
        expect(partitionOf(key, partitions)).toBe(partition);
      }),
      { numRuns: 3_000 },
    );
  });

  // Streams outlive the code: should this change, one aggregate would be in two partitions at once.
  test.each([
    ["", 1],
    ["ord_01h455vb4pex5vsknk084sn02q", 5],
    ["MUG-ENAMEL", 3],
    ["ключ", 5],
  ])("stays what it was for %j", (key, partition) => {
    expect(partitionOf(key, 12)).toBe(partition);
  });

  test("spreads", () => {
    const counts = new Array<number>(12).fill(0);
    for (let i = 0; i < 12_000; i++) {
      const partition = partitionOf(`ord_${i.toString(36)}`, 12);
      counts[partition] = (counts[partition] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(800);
  });
});

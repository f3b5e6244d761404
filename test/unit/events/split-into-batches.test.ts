import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { splitIntoBatches } from "#lib/events/inbox/split-into-batches.ts";

const eventList = fc
  .array(fc.record({ type: fc.constantFrom("A", "B", "C"), key: fc.constantFrom("x", "y", "z", "w") }), {
    maxLength: 60,
  })
  .map((events) => events.map((event, index) => ({ ...event, index })));

describe("batches", () => {
  test("contain every event once, have one type each, and keep the order of every key", () => {
    fc.assert(
      fc.property(eventList, (events) => {
        const batches = splitIntoBatches(events);
        const flat = batches.flatMap((batch) => batch.events);
        expect([...flat].sort((a, b) => a.index - b.index)).toEqual(events);
        for (const { type, events: batched } of batches) {
          expect(batched.length).toBeGreaterThan(0);
          expect(batched.every((event) => event.type === type)).toBe(true);
        }
        for (const key of new Set(events.map((event) => event.key))) {
          const indexes = flat.filter((event) => event.key === key).map((event) => event.index);
          expect(indexes).toEqual([...indexes].sort((a, b) => a - b));
        }
      }),
      { numRuns: 3_000 },
    );
  });

  test("are as many as there are types when no key occurs twice", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("A", "B", "C"), { maxLength: 60 }), (types) => {
        const batches = splitIntoBatches(types.map((type, index) => ({ type, key: `key-${index}` })));
        expect(batches).toHaveLength(new Set(types).size);
      }),
      { numRuns: 1_000 },
    );
  });
});

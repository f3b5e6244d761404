import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type IdRange, including, without } from "#lib/events/outbox/id-ranges.ts";

const LAST = 30;
const id = fc.integer({ min: 1, max: LAST });
const change = fc.oneof(
  fc.record({ kind: fc.constant("including" as const), id }),
  fc.tuple(id, id).map(([a, b]) => ({ kind: "without" as const, first: Math.min(a, b), last: Math.max(a, b) })),
);

const idsOf = (ranges: readonly IdRange[]) =>
  ranges.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, i) => first + i));

test("ranges hold the same ids as a set, ascending and apart", () => {
  fc.assert(
    fc.property(fc.array(change), (changes) => {
      let ranges: readonly IdRange[] = [{ first: 1, last: LAST }];
      const ids = new Set(idsOf(ranges));
      for (const made of changes) {
        if (made.kind === "including") {
          ranges = including(ranges, made.id);
          ids.add(made.id);
        } else {
          ranges = without(ranges, made);
          for (let gone = made.first; gone <= made.last; gone++) ids.delete(gone);
        }
        expect(idsOf(ranges)).toEqual([...ids].sort((a, b) => a - b));
      }
    }),
  );
});

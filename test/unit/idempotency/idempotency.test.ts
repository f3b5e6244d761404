import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { callerOf, requestHash } from "#lib/sql/idempotency-keys.ts";

/** The same value, with the properties of every object in another order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, inner]) => [name, reversed(inner)]),
  );
}

// A body with `__proto__` never gets this far, and Object.fromEntries keeps it as a property like any other.
const body = fc.dictionary(fc.string(), fc.jsonValue());

describe("the hash of a request", () => {
  test("does not depend on the order of its properties", () => {
    fc.assert(
      fc.property(body, (params) => {
        expect(requestHash(reversed(params))).toBe(requestHash(params));
      }),
      { numRuns: 2_000 },
    );
  });

  test("differs for different requests", () => {
    fc.assert(
      fc.property(body, body, (one, other) => {
        const same = JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
        expect(requestHash(one) === requestHash(other)).toBe(same);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    [{ a: 1 }, { a: "1" }],
    [{ a: [1, 2] }, { a: [2, 1] }],
    [{ a: { b: 1 } }, { "a:b": 1 }],
    [{ a: null }, {}],
    [{ a: "x,b:y" }, { a: "x", b: "y" }],
  ])("is different for %j and %j", (one, other) => {
    expect(requestHash(one)).not.toBe(requestHash(other));
  });

  test("ignores undefined properties, as JSON does", () => {
    expect(requestHash({ a: 1, b: undefined })).toBe(requestHash({ a: 1 }));
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]) => [name, sorted(inner)] as const);
  return { object: entries.sort(([a], [b]) => (a < b ? -1 : 1)) };
}

test("callers are distinguished by their kind, and not only by their id", () => {
  const callers = [
    callerOf({ kind: "customer", customerId: "1" }, "a"),
    callerOf({ kind: "customer", customerId: "2" }, "a"),
    callerOf({ kind: "staff", staffId: "1", scopes: ["*"] }, "a"),
    callerOf({ kind: "service", service: "1" }, "a"),
    callerOf({ kind: "anonymous" }, "1"),
    callerOf({ kind: "anonymous" }, "2"),
  ];
  expect(new Set(callers).size).toBe(callers.length);
  expect(callerOf({ kind: "customer", customerId: "1" }, "b")).toBe(callers[0]); // from any address
});

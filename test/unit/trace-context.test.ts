import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { formatTraceparent, parseTraceparent, traceIdOf } from "#lib/trace-context.ts";

const hex = (digits: number) =>
  fc
    .string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: digits, maxLength: digits })
    .filter((id) => !/^0+$/.test(id));

test("a traceparent that is written is read back as the same span", () => {
  fc.assert(
    fc.property(hex(32), hex(16), fc.boolean(), (traceID, id, sampled) => {
      expect(parseTraceparent(formatTraceparent({ traceID, id, sampled }))).toEqual({ traceID, id, sampled });
    }),
  );
});

test("any text is either refused or a valid reference", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(parseTraceparent(text)).toBeUndefined();
    }),
  );
  expect(parseTraceparent(undefined)).toBeUndefined();
  expect(parseTraceparent(`00-${"0".repeat(32)}-${"1".repeat(16)}-01`)).toBeUndefined();
  expect(parseTraceparent(`00-${"1".repeat(32)}-${"0".repeat(16)}-01`)).toBeUndefined();
  expect(parseTraceparent(`ff-${"1".repeat(32)}-${"1".repeat(16)}-01`)).toBeUndefined();
});

test("a request id becomes a trace id, always the same one, and UUIDs keep their digits", () => {
  expect(traceIdOf("0190F0A0-1111-7222-8333-444455556666")).toBe("0190f0a0111172228333444455556666");
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (requestId) => {
      expect(traceIdOf(requestId)).toMatch(/^[0-9a-f]{32}$/);
      expect(traceIdOf(requestId)).toBe(traceIdOf(requestId));
    }),
  );
});

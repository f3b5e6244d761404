import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { addPence, formatPence, fromAmount, parsePence, toAmount } from "#tools/replay/pence.ts";

test.each([
  ["2.55", 255],
  ["2.1", 210],
  ["0.06", 6],
  ["7", 700],
  ["649.5", 64_950],
  ["0.0", 0],
  ["-11062.06", -1_106_206],
  ["1.2300", 123],
])("%s pounds are %i pence", (text, pence) => {
  expect(parsePence(text)).toBe(pence);
});

test("an amount between two pence is none", () => {
  expect(parsePence("0.001")).toBeUndefined();
});

test.each(["", "1e3", "1,5", ".5", "£2", "--1"])("%j is no amount", (text) => {
  expect(() => parsePence(text)).toThrow("is not an amount");
});

test("pence survive the way to the shop and back", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 99_999_999_999 }), (pence) => {
      expect(parsePence(formatPence(pence))).toBe(pence);
      expect(fromAmount(JSON.parse(JSON.stringify(toAmount(pence))))).toBe(pence);
    }),
  );
});

test.each([2.555, "2.55", null, Number.NaN])("the shop may not answer %j", (amount) => {
  expect(() => fromAmount(amount)).toThrow();
});

test("adding stops before it would be inexact", () => {
  expect(addPence(1, 2)).toBe(3);
  expect(() => addPence(Number.MAX_SAFE_INTEGER, 1)).toThrow("too large");
});

import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { isDomainError } from "#lib/contract/errors.ts";
import { MAX_MINOR, minorDigits, toMajor, toMinor } from "#lib/contract/money.ts";

const MAX_MAJOR = 999_999_999_999; // what the schema of an amount lets in
const currency = fc.constantFrom("USD", "EUR", "GBP", "JPY", "KRW", "BHD", "KWD", "CLF");
const minorOf = (code: string) => fc.integer({ min: 0, max: Math.min(MAX_MAJOR * 10 ** minorDigits(code), MAX_MINOR) });

function refused(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch (error) {
    return isDomainError(error, "VALIDATION_FAILED");
  }
}

/** An amount as people write it, made without floating point. */
function written(minor: number, digits: number): string {
  const text = String(minor).padStart(digits + 1, "0");
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

describe("money", () => {
  test("is the same after conversion to major units and back", () => {
    const priced = currency.chain((code) => fc.tuple(fc.constant(code), minorOf(code)));
    fc.assert(
      fc.property(priced, ([code, minor]) => {
        expect(toMinor(toMajor(minor, code), code)).toBe(minor);
      }),
    );
  });

  test("in major units is the decimal number that people write", () => {
    const priced = currency.chain((code) => fc.tuple(fc.constant(code), minorOf(code)));
    fc.assert(
      fc.property(priced, ([code, minor]) => {
        const text = written(minor, minorDigits(code));
        expect(toMajor(minor, code)).toBe(Number(text));
        expect(toMinor(Number(text), code)).toBe(minor);
      }),
    );
  });

  test("with too many decimal digits is refused", () => {
    const tooFine = currency.chain((code) =>
      fc.tuple(fc.constant(code), fc.integer({ min: 0, max: 99_999_999 }), fc.integer({ min: 1, max: 9 })),
    );
    fc.assert(
      fc.property(tooFine, ([code, minor, digit]) => {
        const digits = minorDigits(code);
        const amount = Number(`${written(minor, digits)}${digits === 0 ? "." : ""}${digit}`);
        expect(refused(() => toMinor(amount, code))).toBe(true);
      }),
    );
  });

  test.each([
    [0, "USD", 0],
    [1.1, "USD", 110],
    [4.35, "USD", 435], // 4.35 * 100 is 434.99999999999994
    [1.15, "USD", 115],
    [8.2, "EUR", 820],
    [0.07, "USD", 7],
    [1.001, "KWD", 1001],
    [200, "JPY", 200],
    [999_999_999_999, "USD", 99_999_999_999_900],
  ])("%d %s is %d minor units", (amount, code, minor) => {
    expect(toMinor(amount, code)).toBe(minor);
    expect(toMajor(minor, code)).toBe(amount);
  });

  test.each([
    [1.005, "USD"],
    [0.1 + 0.2, "USD"],
    [0.5, "JPY"],
    [1e-7, "USD"],
    [Number.NaN, "USD"],
    [Number.POSITIVE_INFINITY, "USD"],
    [10_000_000_000_000, "USD"],
    [757_642_773_407.158, "CLF"],
    [1, "XXY"],
    [1, "usd"],
  ])("%d %s is refused", (amount, code) => {
    expect(refused(() => toMinor(amount, code))).toBe(true);
  });

  test("names the path of the amount or currency in the request", () => {
    const pathOf = (work: () => unknown) => {
      try {
        work();
      } catch (error) {
        return (error as { data: { errors: { path: string }[] } }).data.errors[0]?.path;
      }
    };
    expect(pathOf(() => toMinor(1.005, "USD", "/prices/7/amount"))).toBe("/prices/7/amount");
    expect(pathOf(() => minorDigits("XXY", "/prices/7/currency"))).toBe("/prices/7/currency");
  });
});

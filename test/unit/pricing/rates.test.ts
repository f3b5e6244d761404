import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { MAX_MINOR, minorDigits } from "#lib/contract/money.ts";
import { priceEndings } from "#services/product/pricing/domain/endings.ts";
import { convert, ratesOf } from "#services/product/pricing/domain/rates.ts";

const currency = fc.constantFrom("USD", "EUR", "JPY", "KWD", "VND");
const rate = fc.double({ min: 1e-6, max: 1e6, noNaN: true }).map(String);
const amount = fc.integer({ min: 0, max: 10_000_000 });
const endings = fc.constantFrom("", "EUR=.99,JPY=0,USD=.95,KWD=.990,VND=000", "EUR=9.99,JPY=80,USD=0,VND=9");

const between = (from: string, to: string, value: string, setting = "") => ({
  rates: ratesOf([{ from, to, rate: value }]),
  pivot: "EUR",
  endings: priceEndings(setting),
});

describe("a converted price", () => {
  test("is the nearest price of its currency, and exact as long as it is not rounded", () => {
    fc.assert(
      fc.property(amount, rate, currency, currency, (minor, value, from, to) => {
        fc.pre(from !== to);
        const converted = convert(minor, { from, to }, between(from, to, value));
        const exact = minor * Number(value) * 10 ** (minorDigits(to) - minorDigits(from));
        fc.pre(exact < 1e12);
        expect(Math.abs((converted ?? Number.NaN) - exact)).toBeLessThanOrEqual(minor > 0 && exact < 0.5 ? 1 : 0.501);
      }),
    );
    expect(convert(1_000, { from: "USD", to: "JPY" }, between("USD", "JPY", "157.345"))).toBe(1_573);
    expect(convert(1_573, { from: "JPY", to: "USD" }, between("USD", "JPY", "157.3"))).toBe(1_000);
    expect(convert(5, { from: "USD", to: "EUR" }, between("USD", "EUR", "0.5"))).toBe(3); // 2.5 cents: half up
  });

  test("is never negative, never above the largest amount, and free only when the price is", () => {
    fc.assert(
      fc.property(amount, rate, currency, currency, endings, (minor, value, from, to, setting) => {
        fc.pre(from !== to);
        const converted = convert(minor, { from, to }, between(from, to, value, setting));
        if (converted === undefined) return;
        expect(Number.isSafeInteger(converted)).toBe(true);
        expect(converted).toBeLessThanOrEqual(MAX_MINOR);
        if (minor === 0) expect(converted).toBe(0);
        else expect(converted).toBeGreaterThan(0);
      }),
    );
  });

  test("is not lower for a higher price", () => {
    fc.assert(
      fc.property(amount, amount, rate, currency, currency, endings, (one, other, value, from, to, setting) => {
        fc.pre(from !== to);
        const [low, high] = [Math.min(one, other), Math.max(one, other)].map((minor) =>
          convert(minor, { from, to }, between(from, to, value, setting)),
        );
        if (low !== undefined && high !== undefined) expect(low).toBeLessThanOrEqual(high);
      }),
    );
  });

  test("ends as the setting says, and is the nearest price that does", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000 }), rate, (minor, value) => {
        const exact = minor * Number(value);
        const converted = convert(minor, { from: "USD", to: "EUR" }, between("USD", "EUR", value, "EUR=.99"));
        if (converted === undefined) return;
        expect(converted % 100).toBe(99);
        if (exact >= 99) expect(Math.abs(converted - exact)).toBeLessThanOrEqual(50.001);
        const yen = convert(minor, { from: "USD", to: "JPY" }, between("USD", "JPY", value, "EUR=.99,JPY=0"));
        if (yen !== undefined) expect(yen % 10).toBe(0);
      }),
    );
  });

  test("takes the rate that was set, else the inverse, else the pivot's, else there is none", () => {
    const rates = ratesOf([
      { from: "EUR", to: "USD", rate: "1.25" },
      { from: "EUR", to: "JPY", rate: "150" },
      { from: "USD", to: "JPY", rate: "130" },
      { from: "VND", to: "KWD", rate: "1e-5" },
    ]);
    const of = (minor: number, from: string, to: string) =>
      convert(minor, { from, to }, { rates, pivot: "EUR", endings: new Map() });
    expect(of(1_000, "EUR", "USD")).toBe(1_250);
    expect(of(1_250, "USD", "EUR")).toBe(1_000);
    expect(of(1_000, "USD", "JPY")).toBe(1_300); // not the 1,200 by way of euros
    expect(of(1_200, "JPY", "USD")).toBe(923); // the inverse of 130
    expect(
      convert(
        1_250,
        { from: "USD", to: "JPY" },
        {
          rates: ratesOf([
            { from: "EUR", to: "USD", rate: "1.25" },
            { from: "EUR", to: "JPY", rate: "150" },
          ]),
          pivot: "EUR",
          endings: new Map(),
        },
      ),
    ).toBe(1_500);
    expect(of(1_000_000, "VND", "KWD")).toBe(10_000);
    expect(of(1_000, "VND", "USD")).toBeUndefined();
  });
});

test("endings that cannot be read stop the start", () => {
  for (const setting of ["EUR", "EUR=", "EUR=.9", "JPY=.99", "XXY=9", "EUR=.99;JPY=0", "eur=.99"])
    expect(() => priceEndings(setting)).toThrow("PRICE_ENDINGS");
  expect(priceEndings(" EUR=.99 , JPY=0 ").size).toBe(2);
});

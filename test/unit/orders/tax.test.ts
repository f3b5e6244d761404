import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { containedTaxes } from "#services/commerce/orders/domain/tax.ts";

const lineOf = (priceMinor: number, quantity = 1) => ({ productId: "p", sku: "s", title: "t", quantity, priceMinor });

test.each([
  ["VAT 20", 12_000, 2_000],
  ["VAT 20", 4_350, 725],
  ["VAT 20", 3, 1], // 0.5, rounded up
  ["VAT 20", 2, 0],
  ["MwSt 19", 11_900, 1_900],
  ["Sales tax 8.875", 10_887_500, 887_500],
  ["IVA ridotta 5.5", 1_055, 55],
  ["VAT 0", 100, 0],
])("%s in %d is %d", (setting, total, amountMinor) => {
  const [name, rate] = [setting.replace(/ [\d.]+$/, ""), Number(setting.split(" ").at(-1))];
  expect(containedTaxes(setting, [lineOf(total)])).toEqual([{ name, rate, amountMinor }]);
});

test("without a setting there is no tax", () => {
  expect(containedTaxes(undefined, [lineOf(100)])).toEqual([]);
});

test("the tax of an order is that of its total, not of its lines", () => {
  expect(containedTaxes("VAT 20", [lineOf(2), lineOf(2, 2)])).toEqual([{ name: "VAT", rate: 20, amountMinor: 1 }]);
});

test("what the total contains is at most half a minor unit from the exact tax, up to the largest total", () => {
  const rates = fc.integer({ min: 0, max: 99_999 }).map((units) => units / 1_000);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_999_999_999_999 }), rates, (total, rate) => {
      const [tax] = containedTaxes(`VAT ${rate}`, [lineOf(total)]);
      const units = BigInt(Math.round(rate * 1_000));
      const whole = 100_000n + units;
      const error = BigInt(tax?.amountMinor ?? -1) * whole - BigInt(total) * units;
      expect(2n * (error < 0n ? -error : error) <= whole).toBe(true);
    }),
  );
});

test("an order that is too large to be placed has no tax", () => {
  expect(containedTaxes("VAT 20", [lineOf(999_999_999_999_999, 2)])).toEqual([]);
});

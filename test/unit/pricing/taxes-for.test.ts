import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { ratesAt, type TaxRate } from "#services/product/pricing/tax/domain/rates.ts";
import { parseShopTax, type TaxSettings } from "#services/product/pricing/tax/domain/settings.ts";
import { type TaxedLine, type Taxes, taxesFor } from "#services/product/pricing/tax/domain/taxes-for.ts";
import { parseTaxId } from "#services/product/pricing/tax/domain/vat-number.ts";
import { isZipPattern } from "#services/product/pricing/tax/domain/zip.ts";
import { rateOf, settingsOf } from "./tax-examples.ts";

const lineOf = (totalMinor: number, category?: string): TaxedLine => ({ totalMinor, category });
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
const taxMinor = ({ taxes }: Taxes) => sum(taxes.map(({ amountMinor }) => amountMinor));

describe("any taxes", () => {
  const percents = fc.integer({ min: 0, max: 300_000 }).map((units) => units / 10_000);
  const categories = ["standard", "reduced", "books"];
  const rates = fc.array(
    fc.record({
      name: fc.constantFrom("GST", "PST", "County"),
      rate: percents,
      compound: fc.boolean(),
      category: fc.constantFrom(...categories),
    }),
    { minLength: 1, maxLength: 5 },
  );
  const lines = fc.array(
    fc.record({ totalMinor: fc.nat({ max: 1_000_000_000_000 }), category: fc.constantFrom(...categories) }),
    { minLength: 1, maxLength: 30 },
  );
  const cases = fc.record({
    rates: rates.map((all) => all.map((rate, i) => rateOf({ ...rate, rateId: `tax_${i}` }))),
    lines,
    included: fc.boolean(),
  });
  const of = (
    { rates: all, lines: some, included }: { rates: TaxRate[]; lines: TaxedLine[]; included: boolean },
    roundPer: TaxSettings["roundPer"] = "order",
  ) => taxesFor(all, settingsOf({ pricesInclude: { CA: included }, roundPer }), some, { country: "CA" });

  test("are the sums of those of the lines, whole and not below zero", () => {
    fc.assert(
      fc.property(cases, fc.constantFrom("line" as const, "order" as const), (example, roundPer) => {
        const { taxes, lines: own } = of(example, roundPer);
        expect(own).toHaveLength(example.lines.length);
        for (const { name, rate, amountMinor } of taxes) {
          const same = own.flat().filter((tax) => tax.name === name && tax.rate === rate);
          expect(sum(same.map((tax) => tax.amountMinor))).toBe(amountMinor);
        }
        expect(taxes.every(({ amountMinor }) => Number.isSafeInteger(amountMinor) && amountMinor >= 0)).toBe(true);
        expect(taxes.every(({ included }) => included === example.included)).toBe(true);
      }),
    );
  });

  test("differ between rounding per line and per order by half a minor unit for each line at most, and each line by one", () => {
    fc.assert(
      fc.property(cases, (example) => {
        const [perLine, perOrder] = [of(example, "line"), of(example, "order")];
        const amounts = new Map(perLine.taxes.map((tax) => [`${tax.name} ${tax.rate}`, tax.amountMinor]));
        for (const { name, rate, amountMinor } of perOrder.taxes) {
          const difference = amountMinor - (amounts.get(`${name} ${rate}`) ?? Number.NaN);
          expect(Math.abs(difference)).toBeLessThanOrEqual(example.lines.length / 2 + 0.5);
        }
        for (const [i, taxes] of perOrder.lines.entries())
          for (const [j, { amountMinor }] of taxes.entries())
            expect(Math.abs(amountMinor - (perLine.lines[i]?.[j]?.amountMinor ?? Number.NaN))).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("do not depend on the sequence of lines and rates", () => {
    const inSequence = ({ taxes }: Taxes) => taxes.map((tax) => JSON.stringify(tax)).toSorted();
    fc.assert(
      fc.property(cases, fc.constantFrom("line" as const, "order" as const), (example, roundPer) => {
        const reversed = { ...example, lines: example.lines.toReversed(), rates: example.rates.toReversed() };
        expect(inSequence(of(reversed, roundPer))).toEqual(inSequence(of(example, roundPer)));
      }),
    );
  });

  test("of one rate are at most half a minor unit from the exact ones, up to the largest amount", () => {
    const totals = fc.integer({ min: 0, max: 999_999_999_999_999 });
    fc.assert(
      fc.property(totals, percents, fc.boolean(), (totalMinor, rate, included) => {
        const minor = taxMinor(of({ rates: [rateOf({ rate })], lines: [lineOf(totalMinor)], included }));
        const units = BigInt(Math.round(rate * 10_000));
        const whole = 1_000_000n + (included ? units : 0n);
        const error = BigInt(minor) * whole - BigInt(totalMinor) * units;
        expect(2n * (error < 0n ? -error : error) <= whole).toBe(true);
      }),
    );
  });

  test("that a price includes are those of its net, added", () => {
    fc.assert(
      fc.property(fc.nat({ max: 1_000_000_000 }), percents, (net, rate) => {
        const [one] = [rateOf({ rate })];
        const added = taxMinor(of({ rates: [one], lines: [lineOf(net)], included: false }));
        const contained = taxMinor(of({ rates: [one], lines: [lineOf(net + added)], included: true }));
        expect(Math.abs(contained - added)).toBeLessThanOrEqual(1); // only the rounding is between them
      }),
    );
  });

  test("of zero change nothing", () => {
    fc.assert(
      fc.property(lines, fc.boolean(), (some, included) => {
        expect(taxMinor(of({ rates: [rateOf({ rate: 0 })], lines: some, included }))).toBe(0);
      }),
    );
  });
});

describe("the rates of a place", () => {
  const us = (change: Partial<TaxRate>) => rateOf({ country: "US", rateId: JSON.stringify(change), ...change });
  const named = (rates: TaxRate[], place: object, category = "standard") =>
    taxesFor(rates, settingsOf({}), [lineOf(100_000, category)], { country: "US", ...place }).taxes.map(
      ({ name, rate, amountMinor }) => `${name} ${rate}: ${amountMinor}`,
    );

  test("of different names add up, of one name the most specific one holds", () => {
    const rates = [
      us({ name: "State", state: "NY", rate: 4 }),
      us({ name: "City", state: "NY", zip: "100*", rate: 4.5 }),
      us({ name: "City", state: "NY", zip: "10001-10009", rate: 4.6 }),
      us({ name: "City", state: "NY", zip: "10005", rate: 4.7 }),
      us({ name: "District", state: "NY", zip: "100*", rate: 0.375 }),
    ];
    const city = (zipCode: string) => named(rates, { state: "ny ", zipCode }).find((tax) => tax.startsWith("City"));
    expect(named(rates, { state: "NY", zipCode: "10021" })).toEqual([
      "State 4: 4000",
      "City 4.5: 4500",
      "District 0.375: 375",
    ]);
    expect([city("10007"), city("10005"), city("10005-1234")]).toEqual([
      "City 4.6: 4600",
      "City 4.7: 4700",
      "City 4.7: 4700",
    ]);
    expect(named(rates, { state: "NY", zipCode: "12207" })).toEqual(["State 4: 4000"]);
    expect(named(rates, { state: "NJ", zipCode: "07302" })).toEqual([]);
  });

  test("are those of the category before the standard one, which holds for all others", () => {
    const rates = [
      us({ name: "VAT", rate: 20 }),
      us({ name: "VAT", rate: 0, category: "books" }),
      us({ name: "VAT", rate: 0, category: "exempt" }),
    ];
    expect(named(rates, {}, "books")).toEqual(["VAT 0: 0"]);
    expect(named(rates, {}, "toys")).toEqual(["VAT 20: 20000"]);
    const goods = [lineOf(100, "exempt"), lineOf(100, "books")];
    const { taxes, lines } = taxesFor(rates, settingsOf({}), goods, { country: "US" });
    expect(taxes.map(({ reason }) => reason)).toEqual(["exempt", undefined]);
    expect(lines.map(([tax]) => tax?.reason)).toEqual(["exempt", undefined]);
  });

  test("hold for their time, and the later one before an earlier one without an end", () => {
    const rates = [
      rateOf({ rate: 19, rateId: "tax_1" }),
      rateOf({ rate: 16, rateId: "tax_0", validFrom: new Date("2020-07-01"), validTo: new Date("2021-01-01") }),
    ];
    const at = (day: string) =>
      taxesFor(ratesAt(rates, new Date(day)), settingsOf({}), [lineOf(100)], { country: "CA" }).taxes[0]?.rate;
    expect([at("2020-06-30T23:59:59Z"), at("2020-07-01"), at("2020-12-31"), at("2021-01-01")]).toEqual([
      19, 16, 16, 19,
    ]);
  });

  test.each([
    ["10001", true],
    ["10001-1234", true],
    ["SW1A*", true],
    ["90001-90899", true],
    ["90899-90001", false],
    ["*", false],
    ["1*1", false],
    ["10001;", false],
  ])("may be of the postal code %s: %s", (zip, valid) => {
    expect(isZipPattern(zip)).toBe(valid);
  });
});

describe("a shop of the European Union", () => {
  const rates = [
    rateOf({ country: "DE", rate: 19, name: "MwSt", rateId: "tax_de" }),
    rateOf({ country: "FR", rate: 20, name: "TVA", rateId: "tax_fr" }),
  ];
  const sold = (country: string, buyer = {}, change: Partial<TaxSettings> = {}) =>
    taxesFor(
      rates,
      settingsOf({ sellerCountry: "DE", pricesIncludeElsewhere: true, ...change }),
      [lineOf(12_000)],
      { country },
      buyer,
    );

  test("taxes consumers where the goods go to", () => {
    expect(sold("DE").taxes).toEqual([{ name: "MwSt", rate: 19, amountMinor: 1_916, included: true }]);
    expect(sold("FR").taxes).toEqual([{ name: "TVA", rate: 20, amountMinor: 2_000, included: true }]);
  });

  test("taxes by its own rate where a member state has none, and exports untaxed", () => {
    expect(sold("IT").taxes).toMatchObject([{ name: "MwSt", rate: 19 }]);
    expect(sold("US").taxes).toEqual([{ name: "Export", rate: 0, amountMinor: 0, included: true, reason: "export" }]);
  });

  test("takes the tax off for a business of another member state, which accounts for it", () => {
    const relieved = { name: "TVA", rate: 0, amountMinor: 0, included: false, reason: "reverseCharge" };
    expect(sold("FR", { vatCountry: "FR" })).toEqual({
      taxes: [{ ...relieved, takenOffMinor: 2_000 }],
      lines: [[{ name: "TVA", rate: 0, amountMinor: 0, takenOffMinor: 2_000, reason: "reverseCharge" }]],
    });
    expect(sold("FR", { vatCountry: "FR" }, { pricesIncludeElsewhere: false }).taxes).toEqual([relieved]);
    expect(sold("DE", { vatCountry: "FR" }).taxes).toMatchObject([{ amountMinor: 1_916 }]); // the goods stay in the country
    expect(sold("FR", { vatCountry: "DE" }).taxes).toMatchObject([{ amountMinor: 2_000 }]); // the number is of its own
  });

  test("takes it off for a certificate of the country or the state", () => {
    const exemptions = [{ country: "FR", state: null }];
    expect(sold("FR", { exemptions }).taxes).toMatchObject([{ reason: "exempt", takenOffMinor: 2_000 }]);
    expect(sold("DE", { exemptions }).taxes).toMatchObject([{ amountMinor: 1_916 }]);
  });
});

describe("SHOP_TAX", () => {
  const contained = (setting: string | undefined, totals: number[], rates: TaxRate[] = []) =>
    taxesFor(
      rates,
      settingsOf({ shopTax: parseShopTax(setting) }),
      totals.map((total) => lineOf(total)),
      { country: "CA" },
    );

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
    expect(contained(setting, [total]).taxes).toEqual([{ name, rate, amountMinor, included: true }]);
  });

  test("is of the total, and only of countries without rates", () => {
    expect(contained(undefined, [100]).taxes).toEqual([]);
    expect(contained("VAT 20", [2, 4])).toMatchObject({
      taxes: [{ amountMinor: 1 }],
      lines: [[{ amountMinor: 0 }], [{ amountMinor: 1 }]],
    });
    expect(contained("VAT 20", [100], [rateOf({ rate: 5 })]).taxes).toMatchObject([{ name: "GST", amountMinor: 5 }]);
  });
});

describe("a tax number", () => {
  // Formally valid numbers, as public registers show them.
  test.each([
    ["DE 136 695 976", { number: "DE136695976", vatCountry: "DE" }],
    ["fr40303265045", { number: "FR40303265045", vatCountry: "FR" }],
    ["EL094259216", { number: "EL094259216", vatCountry: "GR" }],
    ["NL002455799B11", { number: "NL002455799B11", vatCountry: "NL" }],
    ["12-3456789", { number: "12-3456789" }],
    ["GB980780684", { number: "GB980780684" }],
  ])("%s is read", (text, read) => {
    expect(parseTaxId(text)).toEqual(read);
  });

  test.each(["DE136695975", "FR4030326504", "EL94259216x"])("%s is refused", (text) => {
    expect(() => parseTaxId(text)).toThrow(expect.objectContaining({ type: "VALIDATION_FAILED" }));
  });
});

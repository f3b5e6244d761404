import { expect, test } from "@jest/globals";
import type { TaxRate } from "#services/product/pricing/tax/domain/rates.ts";
import type { TaxSettings } from "#services/product/pricing/tax/domain/settings.ts";
import { taxesFor } from "#services/product/pricing/tax/domain/taxes-for.ts";
import { rateOf, settingsOf } from "./tax-examples.ts";

interface Example {
  /** Who says so, and where. The figures are theirs, unless `rule` says that only the rule is. */
  source: string;
  rule?: string;
  rates: TaxRate[];
  settings?: Partial<TaxSettings>;
  place: { country: string; state?: string; zipCode?: string };
  vatCountry?: string;
  /** Minor units, or minor units and a category. */
  lines: (number | [minor: number, category: string])[];
  /** The amount of each tax in minor units, by name. */
  taxes: Record<string, number>;
  /** Of all lines with what is added to them, or taken off. */
  total: number;
}

const uk = (rate: number, category = "standard") =>
  rateOf({ country: "GB", name: "VAT", rate, category, rateId: category });
const gst = rateOf({ name: "GST", rate: 5, rateId: "tax_gst" });
const qst = (rate: number, compound: boolean) =>
  rateOf({ name: "QST", state: "QC", rate, compound, rateId: "tax_qst" });
const au = rateOf({ country: "AU", name: "GST", rate: 10 });
const ny = (name: string, rate: number, change: Partial<TaxRate> = {}) =>
  rateOf({ country: "US", state: "NY", name, rate, rateId: `${name} ${change.category}`, ...change });
const newYork = [
  ny("State", 4),
  ny("City", 4.5, { zip: "100*" }),
  ny("District", 0.375, { zip: "100*" }),
  ...["State", "City", "District"].map((name) => ny(name, 0, { category: "clothing-below-110" })),
];
const wa = [
  rateOf({ country: "US", state: "WA", name: "State", rate: 6.5 }),
  rateOf({ country: "US", state: "WA", zip: "98402", name: "Local", rate: 3.8 }),
];
const eu = [rateOf({ country: "DE", name: "MwSt", rate: 19 }), rateOf({ country: "FR", name: "TVA", rate: 20 })];
const NYC = { country: "US", state: "NY", zipCode: "10007" };
const TACOMA = { country: "US", state: "WA", zipCode: "98402" };
const QUEBEC = { country: "CA", state: "QC" };

const HMRC =
  "HMRC, Calculating VAT for VAT-inclusive and VAT-exclusive prices: hmrc.gov.uk/vat/forms-rates/rates/calculating.htm";
const NOTICE_700 = "HMRC, VAT guide (Notice 700), 17.5 and 17.6: gov.uk/guidance/vat-guide-notice-700";
const REVENU_2012 =
  "Revenu Québec, press release of 17 December 2012: revenuquebec.ca/en/salle-de-presse/communiques/autres/2012/17dec.aspx";
const REVENU = "Revenu Québec, Calculating the Taxes: revenuquebec.ca/en/entreprise/taxes/tvq_tps/calcul-taxes.aspx";
const CRA = "Canada Revenue Agency, interpretation 125136 of 28 November 2011: taxinterpretations.com/content/636291";
const BUDGET =
  "Government of Canada, Budget 2012, Rounding: budget.canada.ca/2012/themes/rounding-arrondissement-eng.html";
const ATO = "Australian Taxation Office, GST Act s 9-90: ato.gov.au/law/view/print?DocID=PAC/19990055/9-90";
const NYC_FINANCE = "City of New York, Sales Tax: nyc.gov/nyc-resources/service/2389/sales-tax";
const RCW = "State of Washington, RCW 82.08.054: app.leg.wa.gov/RCW/default.aspx?cite=82.08.054";
const CDTFA = "California CDTFA, Regulation 1700: cdtfa.ca.gov/lawguides/vol1/sutr/1700.html";
const YOUR_EUROPE = "European Union, Cross-border VAT: europa.eu/youreurope/business/taxation/vat/cross-border-vat";
const USTG = "Germany, UStG § 10 (1), § 12 (1) and § 14 (4): gesetze-im-internet.de/ustg_1980";

const examples: Example[] = [
  { source: HMRC, rates: [uk(20)], place: { country: "GB" }, lines: [10_000], taxes: { VAT: 2_000 }, total: 12_000 },
  { source: HMRC, rates: [uk(5)], place: { country: "GB" }, lines: [10_000], taxes: { VAT: 500 }, total: 10_500 },
  {
    source: HMRC,
    rule: "the VAT in a price at 20 % is a sixth of it",
    ...{ rates: [uk(20)], settings: { pricesInclude: { GB: true } }, place: { country: "GB" } },
    ...{ lines: [12_000], taxes: { VAT: 2_000 }, total: 12_000 },
  },
  {
    source: NOTICE_700,
    rule: "retailers round each calculation up and down, per line or per invoice: here per line, 3 × 0.5 p up",
    ...{ rates: [uk(20)], settings: { pricesInclude: { GB: true }, roundPer: "line" }, place: { country: "GB" } },
    ...{ lines: [3, 3, 3], taxes: { VAT: 3 }, total: 9 },
  },
  {
    source: NOTICE_700,
    rule: "the same per invoice: a sixth of 9 p is 1.5 p",
    ...{ rates: [uk(20)], settings: { pricesInclude: { GB: true }, roundPer: "order" }, place: { country: "GB" } },
    ...{ lines: [3, 3, 3], taxes: { VAT: 2 }, total: 9 },
  },
  {
    source: REVENU_2012,
    ...{ rates: [gst, qst(9.5, true)], place: QUEBEC },
    ...{ lines: [10_000], taxes: { GST: 500, QST: 998 }, total: 11_498 },
  },
  {
    source: REVENU,
    ...{ rates: [gst, qst(9.975, false)], place: QUEBEC },
    ...{ lines: [10_000], taxes: { GST: 500, QST: 998 }, total: 11_498 },
  },
  {
    source: CRA,
    rule: "HST of 13 % on 31.95, at once",
    ...{ rates: [rateOf({ name: "HST", state: "ON", rate: 13 })], place: { country: "CA", state: "ON" } },
    ...{ lines: [3_195], taxes: { HST: 415 }, total: 3_610 },
  },
  {
    source: CRA,
    rule: "the same as a federal and a provincial part, each rounded: both ways are accepted",
    ...{
      rates: [gst, rateOf({ name: "Provincial part", state: "ON", rate: 8 })],
      place: { country: "CA", state: "ON" },
    },
    ...{ lines: [3_195], taxes: { GST: 160, "Provincial part": 256 }, total: 3_611 },
  },
  { source: BUDGET, rates: [gst], place: { country: "CA" }, lines: [183, 286], taxes: { GST: 23 }, total: 492 },
  {
    source: ATO,
    rule: "9-90 (1): 0.5 cents are rounded upwards",
    ...{ rates: [au], place: { country: "AU" }, lines: [5], taxes: { GST: 1 }, total: 6 },
  },
  {
    source: ATO,
    rule: "the GST in a price is an eleventh of it",
    ...{ rates: [au], settings: { pricesInclude: { AU: true } }, place: { country: "AU" } },
    ...{ lines: [11_000], taxes: { GST: 1_000 }, total: 11_000 },
  },
  {
    source: ATO,
    rule: "9-90 (2)(a), total invoice rule: 4 × 0.5 cents are 2 cents",
    ...{ rates: [au], place: { country: "AU" }, lines: [5, 5, 5, 5], taxes: { GST: 2 }, total: 22 },
  },
  {
    source: ATO,
    rule: "9-90 (2)(b), taxable supply rule with whole cents: 4 × 0.5 cents are 4 cents",
    ...{ rates: [au], settings: { roundPer: "line" }, place: { country: "AU" } },
    ...{ lines: [5, 5, 5, 5], taxes: { GST: 4 }, total: 24 },
  },
  {
    source: NYC_FINANCE,
    rule: "4 %, 4.5 % and 0.375 % are 8.875 %; clothing that costs less than $110 is free of all three",
    ...{ rates: newYork, place: NYC, lines: [20_000, [9_900, "clothing-below-110"]] },
    ...{ taxes: { State: 800, City: 900, District: 75 }, total: 31_675 },
  },
  {
    source: RCW,
    rule: "the third decimal place counts from 5 on, of state and local taxes together: 10.3 % of 0.55 is 0.05665",
    ...{ rates: wa, place: TACOMA, lines: [55], taxes: { State: 4, Local: 2 }, total: 61 },
  },
  {
    source: RCW,
    rule: "together again: 10.3 % of 0.14 is 0.01442, although 6.5 % and 3.8 % alone would be a cent each",
    ...{ rates: wa, place: TACOMA, lines: [14], taxes: { State: 1, Local: 0 }, total: 15 },
  },
  {
    source: CDTFA,
    rule: "the tax that a price includes at 8.25 %, to the nearest cent",
    ...{ rates: [rateOf({ country: "US", state: "CA", name: "Sales tax", rate: 8.25 })] },
    ...{ settings: { pricesInclude: { US: true } }, place: { country: "US", state: "CA" } },
    ...{ lines: [10_825], taxes: { "Sales tax": 825 }, total: 10_825 },
  },
  {
    source: USTG,
    rule: "the consideration is the price without the tax: 19/119 and 7/107 of it, by rate",
    rates: [...eu, rateOf({ country: "DE", name: "MwSt", rate: 7, category: "books" })],
    ...{ settings: { sellerCountry: "DE", pricesInclude: { DE: true } }, place: { country: "DE" } },
    ...{ lines: [11_900, [10_700, "books"]], taxes: { MwSt: 2_600 }, total: 22_600 },
  },
  {
    source: YOUR_EUROPE,
    rule: "goods for a business of another member state with a valid VAT number: no VAT is charged",
    ...{ rates: eu, settings: { sellerCountry: "DE" }, place: { country: "FR" }, vatCountry: "FR" },
    ...{ lines: [10_000], taxes: { TVA: 0 }, total: 10_000 },
  },
  {
    source: YOUR_EUROPE,
    rule: "without such a number, and for consumers: the rate of the country that the goods go to",
    ...{ rates: eu, settings: { sellerCountry: "DE" }, place: { country: "FR" } },
    ...{ lines: [10_000], taxes: { TVA: 2_000 }, total: 12_000 },
  },
];

test.each(
  examples.map(
    (example) => [[example.source.split(":")[0], example.rule].filter(Boolean).join(": "), example] as const,
  ),
)("%s", (_, { rates, settings = {}, place, vatCountry, lines, taxes: expected, total }) => {
  const items = lines.map((line) =>
    typeof line === "number" ? { totalMinor: line } : { totalMinor: line[0], category: line[1] },
  );
  const { taxes } = taxesFor(rates, settingsOf(settings), items, place, { vatCountry });
  const amounts: Record<string, number> = {};
  for (const { name, amountMinor } of taxes) amounts[name] = (amounts[name] ?? 0) + amountMinor;
  expect(amounts).toEqual(expected);
  const added = taxes.reduce(
    (sum, { included, amountMinor, takenOffMinor = 0 }) => sum + (included ? 0 : amountMinor) - takenOffMinor,
    0,
  );
  expect(items.reduce((sum, { totalMinor }) => sum + totalMinor, added)).toBe(total);
});

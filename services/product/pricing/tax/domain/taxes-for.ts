import { add, divide, type Fraction, multiply, ONE, ZERO } from "../../domain/fraction.ts";
import { type Buyer, reliefOf } from "./buyer.ts";
import { exportsUntaxed, isInEu, type Place } from "./place.ts";
import { EXEMPT, hasRates, ratesFor, STANDARD, type TaxRate } from "./rates.ts";
import { roundTaxes } from "./round.ts";
import type { TaxSettings } from "./settings.ts";

/** What is taxed: amounts are integer minor units of one currency. */
export interface TaxedLine {
  totalMinor: number;
  /** `standard` unless given. */
  category?: string | undefined;
}

/** Why there is no tax where there could be one. */
export type NoTaxReason = "exempt" | "reverseCharge" | "export";

/** What a tax is of one line. */
export interface LineTax {
  name: string;
  /** In percent. */
  rate: number;
  amountMinor: number;
  /** What the price included of a tax that the buyer need not pay. */
  takenOffMinor?: number;
  reason?: NoTaxReason;
}

/** What a tax is of all lines. */
export interface Tax extends LineTax {
  /** Whether the prices include it. If not, it is added to them. */
  included: boolean;
}

export interface Taxes {
  taxes: Tax[];
  /** The taxes of each line. */
  lines: LineTax[][];
}

/** A tax as it is levied on a line: `share` of the line's price. */
interface Levy {
  name: string;
  rate: number;
  share: Fraction;
  reason?: NoTaxReason;
}

const RATE_UNITS = 10_000; // of one percent
const WHOLE = BigInt(100 * RATE_UNITS);

/** Where the sum of all taxes is rounded, not each tax: Streamlined Sales and Use Tax Agreement, section 324. */
const TOGETHER: ReadonlySet<string> = new Set(["US"]);

/**
 * The taxes of a purchase. All arithmetic is exact; amounts are rounded half up, once, per line or per order, and per order
 * the parts of the lines add up to the order's tax.
 * @param rates that hold now, of whatever places
 * @param lines in any sequence: that of the taxes does not depend on it
 */
export function taxesFor(
  rates: readonly TaxRate[],
  settings: TaxSettings,
  lines: readonly TaxedLine[],
  place: Place,
  buyer: Buyer = {},
): Taxes {
  const source = sourceOf(rates, settings, place);
  if (source.kind === "none") return { taxes: [], lines: lines.map(() => []) };
  const included =
    source.kind === "shopTax" || (settings.pricesInclude[place.country] ?? settings.pricesIncludeElsewhere);
  const byCategory = new Map<string, readonly Levy[]>();
  const levied = lines.map(({ category = STANDARD }) => {
    const known = byCategory.get(category) ?? leviesOf(source, rates, category, included);
    byCategory.set(category, known);
    return known;
  });
  const exact = lines.map(({ totalMinor }, at) =>
    (levied[at] ?? []).map((levy) => ({
      key: keyOf(levy),
      amount: multiply({ of: BigInt(totalMinor), over: 1n }, levy.share),
    })),
  );
  const amounts = roundTaxes(exact, settings.roundPer, TOGETHER.has(place.country));
  const due = lines.map((_, at) => (levied[at] ?? []).map((levy, of) => ({ levy, minor: amounts[at]?.[of] ?? 0 })));
  const relief = reliefOf(buyer, place, settings);
  const whole = due.map((line) => line.map((one) => taxOf(one, included, relief)));
  return {
    taxes: totals(whole.flat()),
    lines: whole.map((line) => line.map(({ included: _, ...tax }) => tax)),
  };
}

type Source =
  | { kind: "rates"; place: Place }
  | { kind: "shopTax"; name: string; rate: number }
  | { kind: "export" | "none" };

/**
 * By which rates a purchase is taxed: those of the country it goes to. Within the European Union the seller's hold where that
 * country has none, as they do for a seller below the threshold of distance sales (Directive 2006/112/EC art. 59c).
 */
function sourceOf(rates: readonly TaxRate[], { sellerCountry, shopTax }: TaxSettings, place: Place): Source {
  if (hasRates(rates, place.country)) return { kind: "rates", place };
  const isDomestic = hasRates(rates, sellerCountry);
  const isInUnion = isInEu(sellerCountry) && isInEu(place.country);
  if (isDomestic && isInUnion) return { kind: "rates", place: { country: sellerCountry } };
  if (shopTax) return { kind: "shopTax", ...shopTax };
  return { kind: isDomestic && exportsUntaxed(sellerCountry) ? "export" : "none" };
}

function leviesOf(source: Source, rates: readonly TaxRate[], category: string, included: boolean): readonly Levy[] {
  switch (source.kind) {
    case "none":
      return [];
    case "export":
      return [{ name: "Export", rate: 0, share: ZERO, reason: "export" }];
    case "shopTax":
      return sharesOf([{ ...source, compound: false }], included);
    default:
      return sharesOf(ratesFor(rates, source.place, category), included);
  }
}

/** What part of a price each tax is. A compound tax is levied on the price and the taxes before it. */
function sharesOf(
  rates: readonly (Pick<TaxRate, "name" | "rate" | "compound"> & { category?: string })[],
  included: boolean,
): readonly Levy[] {
  let before: Fraction = ONE;
  const added = rates.map(({ name, rate, compound, category }) => {
    const plain: Fraction = { of: BigInt(Math.round(rate * RATE_UNITS)), over: WHOLE };
    const share = compound ? multiply(plain, before) : plain;
    before = add(before, share);
    return { name, rate, share, ...(category === EXEMPT && rate === 0 ? { reason: "exempt" as const } : {}) };
  });
  return included ? added.map((levy) => ({ ...levy, share: divide(levy.share, before) })) : added;
}

function taxOf(
  { levy: { share: _, ...levy }, minor }: { levy: Levy; minor: number },
  included: boolean,
  relief: NoTaxReason | undefined,
): Tax {
  if (relief === undefined || levy.reason === "export") return { ...levy, amountMinor: minor, included };
  const takenOff = included && minor > 0 ? { takenOffMinor: minor } : {};
  return { ...levy, rate: 0, amountMinor: 0, included: false, reason: relief, ...takenOff };
}

/** One entry for each name and rate, in the sequence in which the lines have them. */
function totals(all: readonly Tax[]): Tax[] {
  return [...Map.groupBy(all, keyOf).values()].map((same) => {
    const [first] = same as [Tax, ...Tax[]];
    const takenOffMinor = same.reduce((total, tax) => total + (tax.takenOffMinor ?? 0), 0);
    return {
      ...first,
      amountMinor: same.reduce((total, { amountMinor }) => total + amountMinor, 0),
      ...(takenOffMinor > 0 ? { takenOffMinor } : {}),
    };
  });
}

function keyOf({ name, rate, reason = "" }: { name: string; rate: number; reason?: string | undefined }): string {
  return JSON.stringify([name, rate, reason]);
}

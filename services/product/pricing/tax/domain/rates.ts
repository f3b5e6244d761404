import { isSameState, type Place } from "./place.ts";
import { zipMatch } from "./zip.ts";

/** The category of what has none of its own, and of the rate for every category that has none. */
export const STANDARD = "standard";
/** Goods on which there is no tax by law. It differs from a rate of zero on invoices. */
export const EXEMPT = "exempt";

/** A rate of a tax in a zone: a country, or a part of it. */
export interface TaxRate {
  rateId: string;
  /** ISO 3166-1 alpha-2 */
  country: string;
  state: string | null;
  /** `10001`, `100*` or `90001-90899` */
  zip: string | null;
  category: string;
  /** Taxes of different names are added up; of one name the most specific rate holds. */
  name: string;
  /** In percent, with at most four decimal digits. */
  rate: number;
  /** It is also levied on the taxes before it. */
  compound: boolean;
  /** From when it holds; null: it always has. */
  validFrom: Date | null;
  /** Until when it holds, exclusive; null: for good. */
  validTo: Date | null;
}

/** The rates that hold at a moment. */
export function ratesAt(rates: readonly TaxRate[], at: Date): TaxRate[] {
  return rates.filter(({ validFrom, validTo }) => (!validFrom || validFrom <= at) && (!validTo || at < validTo));
}

/** Whether there are rates for any part of a country. */
export function hasRates(rates: readonly TaxRate[], country: string): boolean {
  return rates.some((rate) => rate.country === country);
}

/**
 * The rates of a category in a place, one of each name, in the sequence in which they are levied: compound ones last, and
 * among equals those of wider zones first. Of several with one name the most specific one holds: of the category itself
 * before the standard rate, of a postal code before its state and its country, and the latest one among equals.
 */
export function ratesFor(rates: readonly TaxRate[], place: Place, category: string): TaxRate[] {
  const best = new Map<string, { rate: TaxRate; width: number }>();
  for (const rate of rates) {
    const width = matchOf(rate, place, category);
    if (width === undefined) continue;
    const known = best.get(rate.name);
    if (!known || isBefore(rate, width, known.rate, known.width, category)) best.set(rate.name, { rate, width });
  }
  return [...best.values()]
    .toSorted(
      (a, b) => Number(a.rate.compound) - Number(b.rate.compound) || a.width - b.width || byName(a.rate, b.rate),
    )
    .map(({ rate }) => rate);
}

/** How narrow the zone of a rate is that holds for a place and a category; undefined for one that does not. */
function matchOf(rate: TaxRate, { country, state = "", zipCode = "" }: Place, category: string): number | undefined {
  if (rate.country !== country || (rate.category !== category && rate.category !== STANDARD)) return undefined;
  if (rate.state !== null && !isSameState(rate.state, state)) return undefined;
  const zip = rate.zip === null ? 0 : zipMatch(rate.zip, zipCode);
  return zip === undefined ? undefined : Number(rate.state !== null) + zip;
}

function isBefore(rate: TaxRate, width: number, other: TaxRate, otherWidth: number, category: string): boolean {
  const own = Number(rate.category === category) - Number(other.category === category);
  if (own !== 0) return own > 0;
  if (width !== otherWidth) return width > otherWidth;
  const later = (rate.validFrom?.getTime() ?? 0) - (other.validFrom?.getTime() ?? 0);
  return later === 0 ? rate.rateId > other.rateId : later > 0;
}

function byName(a: TaxRate, b: TaxRate): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

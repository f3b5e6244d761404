import { MAX_MINOR, minorDigits } from "#lib/contract/money.ts";
import { endingOf, type PriceEnding } from "./endings.ts";
import { divide, type Fraction, multiply, ONE } from "./fraction.ts";

/** How many units of `to` one unit of `from` is, as a decimal number. */
export interface ExchangeRate {
  from: string;
  to: string;
  rate: string;
}

/** Exchange rates, none of them zero, to be looked up by both currencies. */
export type Rates = ReadonlyMap<string, Fraction>;

export function ratesOf(rates: readonly ExchangeRate[]): Rates {
  return new Map(rates.map(({ from, to, rate }) => [`${from} ${to}`, fractionOf(rate)]));
}

/** `1.25` and `1e-7`, as JSON and Postgres write numbers. */
function fractionOf(decimal: string): Fraction {
  const [, whole = "", part = "", exponent = "0"] = /^(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(decimal) ?? [];
  const shift = part.length - Number(exponent);
  const digits = BigInt(whole + part);
  return shift >= 0 ? { of: digits, over: 10n ** BigInt(shift) } : { of: digits * 10n ** BigInt(-shift), over: 1n };
}

/** The rate between two currencies: the one that was set, or the inverse of that of the other direction. */
function rateBetween(from: string, to: string, rates: Rates): Fraction | undefined {
  const direct = rates.get(`${from} ${to}`);
  if (direct) return direct;
  const inverse = rates.get(`${to} ${from}`);
  return inverse && divide(ONE, inverse);
}

function rateVia(pivot: string, from: string, to: string, rates: Rates): Fraction | undefined {
  const first = rateBetween(from, pivot, rates);
  const second = rateBetween(pivot, to, rates);
  return first && second && multiply(first, second);
}

/**
 * A price in another currency: by the rate that was set, else by the inverse of the opposite one, else by way of `pivot`.
 * It is exact until it is rounded once, half up, to the minor unit of the currency, or to the nearest price with the
 * currency's ending. What costs something never becomes free.
 * @returns undefined when there is no such rate, or the price would be above `MAX_MINOR`
 */
export function convert(
  amountMinor: number,
  { from, to }: { from: string; to: string },
  { rates, pivot, endings }: { rates: Rates; pivot: string; endings: ReadonlyMap<string, PriceEnding> },
): number | undefined {
  const rate = rateBetween(from, to, rates) ?? rateVia(pivot, from, to, rates);
  if (!rate) return undefined;
  if (amountMinor === 0) return 0;
  const of = BigInt(amountMinor) * rate.of * 10n ** BigInt(minorDigits(to));
  const over = rate.over * 10n ** BigInt(minorDigits(from));
  const rounded = endingOf({ of, over }, endings.get(to));
  return rounded > BigInt(MAX_MINOR) ? undefined : Number(rounded);
}

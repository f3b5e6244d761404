import { MAX_MINOR } from "#lib/contract/money.ts";
import { type Line, totalMinor } from "./lines.ts";
import type { Tax } from "./terms.ts";

/** Thousandths of a percent. */
const RATE_UNITS = 1_000;

/**
 * The taxes that the prices of these lines contain. The one place where orders learns of rates.
 * @param shopTax name and percent of the tax that all prices contain, such as `VAT 20`; undefined: there is none
 */
export function containedTaxes(shopTax: string | undefined, lines: readonly Line[]): Tax[] {
  const [, name, percent] = /^(.+) (\d+(?:\.\d+)?)$/.exec(shopTax ?? "") ?? [];
  const total = totalMinor(lines, MAX_MINOR); // an order above that is refused
  if (name === undefined || total === null) return [];
  const rate = Number(percent);
  return [{ name, rate, amountMinor: containedMinor(total, rate) }];
}

/** What a price contains of a tax, rounded half up: with a rate of 20, 20 of 120. */
function containedMinor(grossMinor: number, rate: number): number {
  const units = BigInt(Math.round(rate * RATE_UNITS));
  const whole = BigInt(100 * RATE_UNITS) + units;
  return Number((2n * BigInt(grossMinor) * units + whole) / (2n * whole));
}

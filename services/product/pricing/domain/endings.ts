import { minorDigits } from "#lib/contract/money.ts";
import { StartupError } from "#lib/startup-error.ts";
import type { Fraction } from "./fraction.ts";

/** How converted prices of a currency end: their remainder after division by `unit`, in minor units. */
export interface PriceEnding {
  unit: bigint;
  remainder: bigint;
}

const EVERY_MINOR_UNIT: PriceEnding = { unit: 1n, remainder: 0n };

/**
 * Reads `EUR=.99,JPY=0`: the last digits of converted prices, by currency. An ending without a point is of whole units.
 * @throws StartupError when it cannot be read
 */
export function priceEndings(setting = ""): ReadonlyMap<string, PriceEnding> {
  const entries = setting.split(",").filter((part) => part.trim() !== "");
  return new Map(entries.map((entry) => readEnding(entry.trim())));
}

function readEnding(entry: string): [currency: string, PriceEnding] {
  const [, currency = "", whole = "", point, part = ""] = /^([A-Z]{3})=(\d{0,6})(\.(\d{1,4}))?$/.exec(entry) ?? [];
  const digits = digitsOf(currency);
  const isKnown = digits !== undefined && whole + part !== "" && (point === undefined || part.length === digits);
  if (!isKnown)
    throw new StartupError(
      `PRICE_ENDINGS: "${entry}" is not a currency and the last digits of its prices, such as EUR=.99 or JPY=0`,
    );
  const ending = point === undefined ? whole + "0".repeat(digits) : whole + part;
  return [currency, { unit: 10n ** BigInt(ending.length), remainder: BigInt(ending) }];
}

function digitsOf(currency: string): number | undefined {
  try {
    return minorDigits(currency);
  } catch {
    return undefined;
  }
}

/** The price that is nearest to a fraction of minor units and has the ending, the higher one of two; above 0. */
export function endingOf({ of, over }: Fraction, ending: PriceEnding = EVERY_MINOR_UNIT): bigint {
  const { unit, remainder } = ending;
  const smallest = remainder === 0n ? unit : remainder;
  const above = 2n * (of - remainder * over) + unit * over; // twice the distance, and half a unit
  if (above < 0n) return smallest;
  const price = (above / (2n * unit * over)) * unit + remainder;
  return price < smallest ? smallest : price;
}

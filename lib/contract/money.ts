import * as currencies from "dinero.js/currencies";
import { Type } from "typebox";
import { validationError } from "./errors.ts";
import { FormedText } from "./text.ts";

const exponents = new Map(Object.values(currencies).map(({ code, exponent }) => [code as string, exponent]));

/** 10 to the power of each number of digits. All are exact. */
const POWERS = Array.from({ length: Math.max(...exponents.values()) + 1 }, (_, digits) => 10 ** digits);

/** Minor units of one major unit: 100 for USD. */
function unit(digits: number): number {
  return POWERS[digits] as number;
}

/** The schema of an ISO 4217 currency code. */
export const Currency = FormedText("an ISO 4217 currency code", "^[A-Z]{3}$", {
  description: "ISO 4217 currency code",
  examples: ["USD"],
});

/** The largest amount on the wire, in major units of any currency. */
const MAX_AMOUNT = 999_999_999_999;

/** The schema of an amount on the wire: a decimal number in major units, at most 12 digits before the point. */
export const Amount = Type.Number({
  minimum: 0,
  maximum: MAX_AMOUNT,
  description: "Amount in major units of the currency, exact to its minor unit",
  examples: [14.5],
});

/** Number of digits after the point in a currency (ISO 4217): 2 for USD, 0 for JPY. */
export function minorDigits(currency: string, path = "/currency"): number {
  const digits = exponents.get(currency);
  if (digits === undefined) {
    const message = "must be an ISO 4217 currency code";
    throw validationError(`${currency} is not a known currency.`, [{ path, message }]);
  }
  return digits;
}

/**
 * The largest amount, in minor units: a decimal number of at most 15 digits is told exactly by a double, one of 16 may
 * not be, so a larger amount could come back as another.
 */
export const MAX_MINOR = 999_999_999_999_999;

/** The largest amount of a currency that fits `Amount`, in minor units. */
export function maxMinor(currency: string): number {
  return Math.min(MAX_MINOR, Number(`${MAX_AMOUNT}e${minorDigits(currency)}`));
}

/**
 * From a decimal on the wire to integer minor units: 200.00 USD is 20000.
 * @throws DomainError VALIDATION_FAILED when the amount has more digits than the currency's minor unit, or is too large
 */
export function toMinor(amount: number, currency: string, path = "/amount"): number {
  const digits = minorDigits(currency);
  const scale = unit(digits);
  // The product may be wrong by less than a half, and the quotient of two exact numbers is the double that is nearest to
  // it. So this is exact, and several times as fast as by the decimal text. Whatever is refused takes the way below.
  const product = Math.round(amount * scale) + 0; // -0 becomes 0
  if (Math.abs(product) <= MAX_MINOR && product / scale === amount) return product;
  // Through the shortest decimal text: 1.005 * 100 is 100.49999…, its text is exact.
  const minor = Math.round(Number(`${amount}e${digits}`));
  if (minor > MAX_MINOR) {
    const max = toMajor(MAX_MINOR, currency);
    throw validationError(`An amount in ${currency} is at most ${max}.`, [{ path, message: `must be at most ${max}` }]);
  }
  if (!Number.isSafeInteger(minor) || Number(`${minor}e-${digits}`) !== amount) {
    const message = `must have at most ${digits} decimal digits`;
    throw validationError(`An amount in ${currency} has at most ${digits} decimal digits.`, [{ path, message }]);
  }
  return minor;
}

/** From integer minor units to the decimal on the wire: 20000 USD is 200. */
export function toMajor(minor: number, currency: string): number {
  return minor / unit(minorDigits(currency));
}

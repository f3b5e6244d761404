import { minorDigits } from "#lib/contract/money.ts";
import type { Decline } from "../domain/payment.ts";
import { declined, unsupportedCurrency } from "./refusals.ts";

// Stripe counts in a currency's smallest unit, as payments does, but does not always agree with ISO 4217 about which that
// is: https://docs.stripe.com/currencies. HUF and TWD are special for payouts only.

/** Stripe counts these with two digits, though they have none; the last two are always 0. */
const TWO_DIGITS_BY_HISTORY: ReadonlySet<string> = new Set(["ISK", "UGX"]);
/** Stripe counts these in whole units, though ISO 4217 gives them a smaller one. */
const WHOLE_UNITS: ReadonlySet<string> = new Set(["MGA"]);
const WITHOUT_DIGITS: ReadonlySet<string> = new Set([
  ...["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"],
]);
/** The last of the three digits must be 0, because Stripe's partners know two of them. */
const THREE_DIGITS: ReadonlySet<string> = new Set(["BHD", "JOD", "KWD", "OMR", "TND"]);

/** How an amount of ours becomes one of Stripe's: multiplied by `times`, or divided by `by`. */
interface Scale {
  times: number;
  by: number;
}

/** undefined when Stripe and ISO 4217 may disagree in a way that is not documented: a guess could be wrong by 10 times */
function scaleOf(currency: string): Scale | undefined {
  if (TWO_DIGITS_BY_HISTORY.has(currency)) return { times: 100, by: 1 };
  const digits = minorDigits(currency);
  if (WHOLE_UNITS.has(currency)) return { times: 1, by: 10 ** digits };
  const theirs = WITHOUT_DIGITS.has(currency) ? 0 : THREE_DIGITS.has(currency) ? 3 : 2;
  return digits === theirs ? { times: 1, by: 1 } : undefined;
}

/** An amount as Stripe counts it, or why Stripe cannot take it. It is never rounded. */
export type StripeAmount = { kind: "amount"; amount: number } | { kind: "declined"; decline: Decline };

export function toStripe(amountMinor: number, currency: string): StripeAmount {
  const scale = scaleOf(currency);
  if (!scale) return unsupportedCurrency("Stripe", currency);
  const amount = (amountMinor * scale.times) / scale.by;
  const step = THREE_DIGITS.has(currency) ? 10 : 1;
  if (!Number.isSafeInteger(amount) || amount % step !== 0) {
    return declined("amount_not_divisible", `Stripe takes ${currency} in steps of ${step * scale.by} minor units.`);
  }
  return { kind: "amount", amount };
}

/** From an amount of Stripe. Charges of others in the same account may be in any currency; theirs stay as they are. */
export function fromStripe(amount: number, currency: string): number {
  const code = currency.toUpperCase();
  if (TWO_DIGITS_BY_HISTORY.has(code)) return amount / 100;
  if (WHOLE_UNITS.has(code)) return amount * 10 ** minorDigits(code);
  return amount;
}

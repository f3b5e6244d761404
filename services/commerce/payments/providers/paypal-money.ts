import type { Money } from "@paypal/paypal-server-sdk";
import { minorDigits, toMinor } from "#lib/contract/money.ts";

// https://developer.paypal.com/api/rest/reference/currency-codes/
const CURRENCIES = new Set(
  "AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS JPY MXN MYR NOK NZD PHP PLN SEK SGD THB TWD USD".split(" "),
);
const WITHOUT_DECIMALS = new Set(["HUF", "JPY", "TWD"]);

export function takesCurrency(currency: string): boolean {
  return CURRENCIES.has(currency);
}

/** The amount as PayPal writes it; undefined when PayPal takes no fractions of the currency, and it has one. */
export function toPaypal(amountMinor: number, currency: string): Money | undefined {
  const digits = minorDigits(currency);
  const unit = 10 ** digits;
  const fraction = amountMinor % unit;
  const whole = String((amountMinor - fraction) / unit);
  if (WITHOUT_DECIMALS.has(currency)) return fraction === 0 ? { currencyCode: currency, value: whole } : undefined;
  return { currencyCode: currency, value: `${whole}.${String(fraction).padStart(digits, "0")}` };
}

/** In minor units. */
export function fromPaypal(money: Money | undefined): number {
  return money ? toMinor(Number(money.value), money.currencyCode) : 0;
}

import { amountsOf } from "#lib/amounts-setting.ts";
import { toMinor } from "#lib/contract/money.ts";

const DAY_MS = 86_400_000;

/** The beginning of the period that a moment is in. Periods have so many days, counted from 1970 in UTC. */
export function periodOf(now: Date, days: number): Date {
  const length = Math.max(1, Math.round(days * DAY_MS));
  return new Date(Math.floor(now.getTime() / length) * length);
}

/** What is paid out of a balance: all of it, or nothing while it is below the minimum. */
export function payoutOf(availableMinor: number, minimumMinor: number): number {
  return availableMinor > 0 && availableMinor >= minimumMinor ? availableMinor : 0;
}

/** About 10 US dollars, in round numbers; SELLER_PAYOUT_MINIMUM replaces them. */
const DEFAULTS = "USD=10,EUR=10,GBP=10,CHF=10,CAD=10,AUD=15,JPY=1000,CNY=50,INR=500,VND=200000";

/**
 * The least payout of a currency in minor units, by the setting. Currencies that nobody names have none.
 * @throws StartupError when the setting cannot be read
 */
export function payoutMinimums(setting = ""): (currency: string) => number {
  const amounts = amountsOf("SELLER_PAYOUT_MINIMUM", DEFAULTS, setting);
  return (currency) => toMinor(amounts.get(currency) ?? 0, currency);
}

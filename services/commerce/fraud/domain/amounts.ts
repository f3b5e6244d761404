import { amountsOf } from "#lib/amounts-setting.ts";

/** A high amount for one order, by currency. About 1,000 US dollars, in round numbers; FRAUD_HIGH_AMOUNTS replaces them. */
const DEFAULTS = "USD=1000,EUR=1000,GBP=800,CHF=900,CAD=1400,AUD=1500,JPY=150000,CNY=7000,INR=85000,VND=25000000";

/**
 * Currencies that the setting does not name keep their defaults; 0 switches the rule off.
 * @throws StartupError when it cannot be read
 */
export function highAmounts(setting = ""): ReadonlyMap<string, number> {
  return amountsOf("FRAUD_HIGH_AMOUNTS", DEFAULTS, setting);
}

/** A total as a multiple of what is high in its currency; null where that is not known. */
export function ratioOf(totalAmount: number, currency: string, high: ReadonlyMap<string, number>): number | null {
  const amount = high.get(currency) ?? 0;
  return amount === 0 ? null : totalAmount / amount;
}

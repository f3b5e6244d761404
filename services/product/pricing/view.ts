import { toMajor } from "#lib/contract/money.ts";
import type { PriceRow } from "./pricing.store.ts";

/** A price as clients see it. */
export function priceView({ sku, currency, amountMinor, validFrom }: PriceRow) {
  return { sku, currency, amount: toMajor(amountMinor, currency), validFrom: validFrom.toISOString() };
}

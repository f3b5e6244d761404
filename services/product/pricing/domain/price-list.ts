import type { FieldError } from "#lib/contract/errors.ts";
import { DomainError, isDomainError } from "#lib/contract/errors.ts";
import { minorDigits, toMajor, toMinor } from "#lib/contract/money.ts";

/** A price as somebody wants it to be. */
export interface WantedPrice {
  sku: string;
  currency: string;
  amountMinor: number;
}

/** A price that is other than it was. */
export interface ChangedPrice extends WantedPrice {
  /** `null` when there was none. */
  previousMinor: number | null;
}

const ERRORS_SHOWN = 20;

/**
 * Prices on the wire as integer minor units, one for each sku and currency: of two, the last one counts.
 * @throws DomainError VALIDATION_FAILED naming the rows whose amount or currency cannot be
 */
export function wantedPrices(
  rows: readonly { sku: string; currency?: string; amount: number }[],
  defaultCurrency: string,
  pathOf: (index: number) => string = (index) => `/prices/${index}`,
): WantedPrice[] {
  const wanted = new Map<string, WantedPrice>();
  const errors: FieldError[] = [];
  rows.forEach(({ sku, currency = defaultCurrency, amount }, index) => {
    try {
      minorDigits(currency, `${pathOf(index)}/currency`);
      wanted.set(`${currency} ${sku}`, {
        sku,
        currency,
        amountMinor: toMinor(amount, currency, `${pathOf(index)}/amount`),
      });
    } catch (error) {
      if (!isDomainError(error, "VALIDATION_FAILED")) throw error;
      errors.push(...((error.data as { errors: FieldError[] }).errors ?? []));
    }
  });
  if (errors.length > 0) {
    throw new DomainError("VALIDATION_FAILED", "Some prices are not valid.", { errors: errors.slice(0, ERRORS_SHOWN) });
  }
  return [...wanted.values()];
}

/** What is told about changed prices: few events, each of one shard and of at most `perEvent` prices. */
export function priceEvents(changed: readonly ChangedPrice[], shardOf: (sku: string) => string, perEvent: number) {
  const byShard = new Map<string, ReturnType<typeof fact>[]>();
  const events: { shard: string; prices: ReturnType<typeof fact>[] }[] = [];
  for (const price of changed) {
    const shard = shardOf(price.sku);
    let prices = byShard.get(shard);
    if (!prices || prices.length >= perEvent) {
      prices = [];
      byShard.set(shard, prices);
      events.push({ shard, prices });
    }
    prices.push(fact(price));
  }
  return events;
}

function fact({ sku, currency, amountMinor, previousMinor }: ChangedPrice) {
  return {
    sku,
    currency,
    amount: toMajor(amountMinor, currency),
    previousAmount: previousMinor === null ? null : toMajor(previousMinor, currency),
  };
}

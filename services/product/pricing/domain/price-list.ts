import { type FieldError, isDomainError, validationError } from "#lib/contract/errors.ts";
import { toMajor, toMinor } from "#lib/contract/money.ts";

/** A price to set. */
export interface NewPrice {
  sku: string;
  currency: string;
  amountMinor: number;
}

/** A price that differs from the one before. */
export interface ChangedPrice extends NewPrice {
  /** `null` when there was none. */
  previousMinor: number | null;
}

/**
 * Prices of a request in integer minor units, one for each sku and currency: of two, the last one counts.
 * @param pathOf JSON pointer of a row in the request
 * @throws DomainError VALIDATION_FAILED naming the rows with an impossible amount or currency
 */
export function parsePrices(
  rows: readonly { sku: string; currency?: string; amount: number }[],
  defaultCurrency: string,
  pathOf: (index: number) => string = (index) => `/prices/${index}`,
): NewPrice[] {
  const byCurrency = new Map<string, Map<string, NewPrice>>();
  const errors: FieldError[] = [];
  rows.forEach(({ sku, currency = defaultCurrency, amount }, index) => {
    try {
      const amountMinor = toMinor(amount, currency);
      const prices = byCurrency.get(currency) ?? new Map<string, NewPrice>();
      if (prices.size === 0) byCurrency.set(currency, prices);
      prices.set(sku, { sku, currency, amountMinor });
    } catch (error) {
      errors.push(...faultsOf(error, pathOf(index)));
    }
  });
  if (errors.length > 0) throw validationError("Some prices are not valid.", errors);
  return [...byCurrency.values()].flatMap((prices) => [...prices.values()]);
}

/**
 * What is wrong with a row. The errors name its properties, and paths of rows are made only where something is wrong.
 * @throws the error when it says nothing of that kind
 */
export function faultsOf(error: unknown, row: string): FieldError[] {
  if (!isDomainError(error, "VALIDATION_FAILED")) throw error;
  return (error.data?.errors ?? []).map(({ path, message }) => ({ path: `${row}${path}`, message }));
}

/** The data of the events about changed prices: few events, each of one shard and of at most `maxPrices` prices. */
export function priceEvents(changed: readonly ChangedPrice[], shardOf: (sku: string) => string, maxPrices: number) {
  const openByShard = new Map<string, ReturnType<typeof priceFact>[]>();
  const events: { shard: string; prices: ReturnType<typeof priceFact>[] }[] = [];
  for (const price of changed) {
    const shard = shardOf(price.sku);
    let prices = openByShard.get(shard);
    if (!prices || prices.length >= maxPrices) {
      prices = [];
      openByShard.set(shard, prices);
      events.push({ shard, prices });
    }
    prices.push(priceFact(price));
  }
  return events;
}

function priceFact({ sku, currency, amountMinor, previousMinor }: ChangedPrice) {
  return {
    sku,
    currency,
    amount: toMajor(amountMinor, currency),
    previousAmount: previousMinor === null ? null : toMajor(previousMinor, currency),
  };
}

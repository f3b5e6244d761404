import { batchedLookup } from "#lib/batched-lookup.ts";
import type { SetupContext } from "#mixins/service/context.ts";
import { pricingLimits } from "./domain/limits.ts";
import { amountsOf, type CurrentPrice, type PricedSku, pricesOf } from "./pricing.store.ts";
import { TaxBook } from "./tax/tax-book.ts";

/** What the handlers share. */
export interface Deps {
  /** The current prices of those skus that have one, as they are when or after it is called. */
  currentPrices(skus: readonly string[], currency: string): Promise<CurrentPrice[]>;
  /** Rates of taxes and how the shop taxes. */
  taxBook: TaxBook;
}

/** Purchases of one moment share a query. What asks for many prices has one of its own, and nobody waits for it. */
export async function setUp({ db, env, log }: Pick<SetupContext, "db" | "env" | "log">): Promise<Deps> {
  const find = batchedLookup(async (keys) => {
    const found = await amountsOf(db, keys.map(pairOf));
    return new Map(found.map(({ sku, currency, amountMinor }) => [keyOf(sku, currency), amountMinor]));
  });
  const warn = (error: unknown) => log.warn("Rates of taxes cannot be read again.", { reason: String(error) });
  return {
    taxBook: await TaxBook.open(db, env, warn),
    async currentPrices(skus, currency) {
      if (skus.length > pricingLimits.PRICES_SHARED) return pricesOf(db, skus, currency);
      const amounts = await Promise.all(skus.map((sku) => find(keyOf(sku, currency))));
      return skus.flatMap((sku, at) => {
        const amountMinor = amounts[at];
        return amountMinor === undefined ? [] : [{ sku, amountMinor }];
      });
    },
  };
}

const keyOf = (sku: string, currency: string) => `${currency} ${sku}`;

function pairOf(key: string): PricedSku {
  const space = key.indexOf(" ");
  return { currency: key.slice(0, space), sku: key.slice(space + 1) };
}

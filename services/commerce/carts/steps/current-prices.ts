import type { Call } from "#lib/contract/types.ts";

/** Today's prices. */
export interface CurrentPrices {
  /** In minor units, by sku. A sku without a price in this currency is absent. */
  prices: ReadonlyMap<string, number>;
  /** Whether the shop has rates of taxes. */
  taxed: boolean;
}

export async function currentPrices(call: Call, skus: readonly string[], currency: string): Promise<CurrentPrices> {
  const { prices, taxed = false } = await call("pricing.prices", { skus: [...new Set(skus)], currency });
  return { prices: new Map(prices.map(({ sku, amountMinor }) => [sku, amountMinor])), taxed };
}

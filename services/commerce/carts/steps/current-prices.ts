import type { Call } from "#lib/contract/types.ts";

/** Today's prices in minor units, by sku. A sku without a price in this currency is absent. */
export async function currentPrices(
  call: Call,
  skus: readonly string[],
  currency: string,
): Promise<Map<string, number>> {
  if (skus.length === 0) return new Map();
  const { prices } = await call("pricing.prices", { skus: [...new Set(skus)], currency });
  return new Map(prices.map(({ sku, amountMinor }) => [sku, amountMinor]));
}

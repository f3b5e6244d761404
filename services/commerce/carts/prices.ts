import type { Call } from "#lib/contract/types.ts";

/** Today's prices in minor units by sku. */
export async function pricesOf(call: Call, skus: readonly string[], currency: string): Promise<Map<string, number>> {
  if (skus.length === 0) return new Map();
  const { prices } = await call("pricing.prices", { skus: [...new Set(skus)], currency });
  return new Map(prices.map(({ sku, amountMinor }) => [sku, amountMinor]));
}

import { limits } from "#config/limits.ts";
import { minorDigits } from "#lib/contract/money.ts";
import { isOutage } from "#lib/contract/outage.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import type { ProductFacts } from "./domain/product.ts";
import type { Offers } from "./domain/view.ts";

/**
 * Asks pricing and inventory about all variants of some products at once. The catalogue can be read while either is
 * down: what it would have said is left unknown.
 * @throws DomainError VALIDATION_FAILED when there is no such currency
 */
export async function offersOf(
  ctx: ServiceContext,
  products: readonly ProductFacts[],
  currency: string,
): Promise<Offers> {
  minorDigits(currency);
  const skus = products.flatMap(({ variants }) => variants.map(({ sku }) => sku));
  const chunks: string[][] = [];
  for (let at = 0; at < skus.length; at += limits.SKUS_PER_CALL) chunks.push(skus.slice(at, at + limits.SKUS_PER_CALL));
  const options = { timeoutMs: limits.OFFER_TIMEOUT_MS };
  const [prices, stock] = await Promise.all([
    unlessDown(Promise.all(chunks.map((some) => ctx.call("pricing.prices", { skus: some, currency }, options)))),
    unlessDown(Promise.all(chunks.map((some) => ctx.call("inventory.available", { skus: some }, options)))),
  ]);
  return {
    currency,
    amountMinor:
      prices && new Map(prices.flatMap((answer) => answer.prices).map(({ sku, amountMinor }) => [sku, amountMinor])),
    available: stock && new Map(stock.flatMap(({ items }) => items).map(({ sku, available }) => [sku, available])),
  };
}

async function unlessDown<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isOutage(error)) return undefined;
    throw error;
  }
}

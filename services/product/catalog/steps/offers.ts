import { limits } from "#config/limits.ts";
import { chunks } from "#lib/chunks.ts";
import { minorDigits } from "#lib/contract/money.ts";
import { isOutage } from "#lib/contract/outage.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import type { Offers } from "../domain/offers.ts";
import type { ProductFacts } from "../domain/product.ts";
import type { CatalogDeps } from "../setup.ts";

/**
 * Asks pricing and inventory about all variants of some products at once, and reviews about the products. The catalogue can be
 * read while any of them is down: prices or stock are then `undefined`, and there are no ratings.
 * @throws DomainError VALIDATION_FAILED when the currency does not exist
 */
export async function offersOf(
  ctx: ServiceContext<CatalogDeps>,
  products: readonly ProductFacts[],
  currency: string,
): Promise<Offers> {
  minorDigits(currency);
  const skus = products.flatMap(({ variants }) => variants.map(({ sku }) => sku));
  const calls = chunks(skus, limits.SKUS_PER_CALL);
  const options = { timeoutMs: limits.OFFER_TIMEOUT_MS };
  const [prices, stock, ratings] = await Promise.all([
    unlessOutage(Promise.all(calls.map((some) => ctx.call("pricing.prices", { skus: some, currency }, options)))),
    unlessOutage(Promise.all(calls.map((some) => ctx.call("inventory.available", { skus: some }, options)))),
    ctx.deps.ratings.of(
      ctx,
      products.map(({ productId }) => productId),
    ),
  ]);
  return {
    currency,
    amountMinor:
      prices && new Map(prices.flatMap((answer) => answer.prices).map(({ sku, amountMinor }) => [sku, amountMinor])),
    available: stock && new Map(stock.flatMap(({ items }) => items).map(({ sku, available }) => [sku, available])),
    ratings,
  };
}

async function unlessOutage<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isOutage(error)) return undefined;
    throw error;
  }
}

import type { Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { NewSkus } from "#services/product/catalog/contract.ts";
import { pricing } from "../contract.ts";
import { pricingLimits } from "../domain/limits.ts";
import { type NewPrice, priceEvents } from "../domain/price-list.ts";
import { changesOf, lockShards, storeChanges } from "../pricing.store.ts";
import { shardOf } from "../shards.ts";
import { forgetCached } from "./forget-cached.ts";

/**
 * Sets prices and emits events about those that changed.
 * @param areKnown whether the catalogue is known to have the skus; a sku that has a price is known anyway
 * @returns how many changed
 * @throws NewSkus when a sku gets its first price and nobody has asked the catalogue about it
 */
export async function changePrices(
  ctx: Pick<ServiceContext, "signal">,
  tx: Transaction,
  prices: readonly NewPrice[],
  areKnown: boolean,
): Promise<number> {
  lockShards(tx, [...new Set(prices.map(({ sku }) => shardOf(sku)))]);
  const changed = await changesOf(tx, prices);
  const first = areKnown ? [] : changed.filter(({ previousMinor }) => previousMinor === null);
  if (first.length > 0) throw new NewSkus(first.map(({ sku }) => sku));
  if (changed.length === 0) return 0;
  storeChanges(tx, changed); // Postgres works on it while the events are made
  for (const event of priceEvents(changed, shardOf, pricingLimits.PRICES_PER_EVENT)) {
    tx.emit(pricing.events.PricesChanged, event);
  }
  forgetCached(
    ctx,
    tx,
    changed.map(({ sku }) => sku),
  );
  return changed.length;
}

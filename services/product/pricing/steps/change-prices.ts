import { partitionOf } from "#lib/events/envelope.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { pricing } from "../contract.ts";
import { pricingLimits } from "../domain/limits.ts";
import { priceEvents, type WantedPrice } from "../domain/price-list.ts";
import { setPrices } from "../pricing.store.ts";

/** The shard a sku's price events travel in, always the same one. */
const shardOf = (sku: string) => `prices-${partitionOf(sku, pricingLimits.PRICE_SHARDS)}`;

/** Sets prices and tells of those that changed. @returns how many did */
export async function changePrices(
  ctx: Pick<ServiceContext, "signal">,
  tx: Transaction,
  wanted: readonly WantedPrice[],
): Promise<number> {
  const changed = await setPrices(tx, wanted);
  for (const event of priceEvents(changed, shardOf, pricingLimits.PRICES_PER_EVENT)) {
    tx.emit(pricing.events.PricesChanged, event);
  }
  if (changed.length > 0) tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
  return changed.length;
}

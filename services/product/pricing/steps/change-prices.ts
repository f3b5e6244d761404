import { partitionOf } from "#lib/events/envelope.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { pricing } from "../contract.ts";
import { pricingLimits } from "../domain/limits.ts";
import { type NewPrice, priceEvents } from "../domain/price-list.ts";
import { setPrices } from "../pricing.store.ts";

/** The shard of a sku: always the same one, so that the events about its price keep their order. */
const shardOf = (sku: string) => `prices-${partitionOf(sku, pricingLimits.PRICE_SHARDS)}`;

/** Sets prices and emits events about those that changed. @returns how many changed */
export async function changePrices(
  ctx: Pick<ServiceContext, "signal">,
  tx: Transaction,
  prices: readonly NewPrice[],
): Promise<number> {
  const changed = await setPrices(tx, prices);
  for (const event of priceEvents(changed, shardOf, pricingLimits.PRICES_PER_EVENT)) {
    tx.emit(pricing.events.PricesChanged, event);
  }
  if (changed.length > 0) tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
  return changed.length;
}

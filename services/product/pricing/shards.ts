import { partitionOf } from "#lib/events/envelope.ts";
import { pricingLimits } from "./domain/limits.ts";

export const shardNumber = (sku: string) => partitionOf(sku, pricingLimits.PRICE_SHARDS);

/** The shard of a sku: always the same one, so that the events about its price keep their order. */
export const shardOf = (sku: string) => `prices-${shardNumber(sku)}`;

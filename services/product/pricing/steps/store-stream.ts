import { chunks } from "#lib/chunks.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext, Transactions } from "#mixins/service/context.ts";
import { pricing, pricingLimits } from "../contract.ts";
import { type ChangedPrice, priceEvents } from "../domain/price-list.ts";
import type { StreamedPrice } from "../domain/price-stream.ts";
import { keepHistory, storeFirst, storeNewer } from "../price-stream.store.ts";
import { lockShards } from "../pricing.store.ts";
import type { Deps } from "../setup.ts";
import { shardNumber, shardOf } from "../shards.ts";
import { forgetCached } from "./forget-cached.ts";

export type StreamContext = Pick<ServiceContext<Deps>, "call" | "deps" | "signal"> & Transactions;

export interface StoredPart {
  /** Prices that changed, or are the first ones of their sku in the currency. */
  changed: StreamedPrice[];
  unchanged: StreamedPrice[];
  /** Prices of skus that the catalogue does not have. */
  unknown: StreamedPrice[];
}

/**
 * Stores the prices of one part, those of each lane in a transaction of its own: the lanes work at the same time, and each
 * of them has fewer rows to lock. When it returns, all of them are committed.
 */
export async function storePrices(ctx: StreamContext, prices: readonly StreamedPrice[]): Promise<StoredPart> {
  const { lanes } = ctx.deps;
  const byLane = lanes.map((): StreamedPrice[] => []);
  for (const price of prices) byLane[shardNumber(price.sku) % lanes.length]?.push(price);
  const stored = await Promise.allSettled(
    byLane.flatMap((ofLane, lane) => (ofLane.length > 0 ? lanes[lane]?.run(() => storeInLane(ctx, ofLane)) : []) ?? []),
  );
  const parts = stored.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
  return {
    changed: parts.flatMap(({ changed }) => changed),
    unchanged: parts.flatMap(({ unchanged }) => unchanged),
    unknown: parts.flatMap(({ unknown }) => unknown),
  };
}

/** Skus that have a price are known. About others the catalogue is asked, between two transactions. */
async function storeInLane(ctx: StreamContext, prices: StreamedPrice[]): Promise<StoredPart> {
  prices.sort((a, b) => (a.sku < b.sku ? -1 : 1)); // neighbours in the index are read faster
  const { missing, ...stored } = await storeOnce(ctx, prices, false);
  if (missing.length === 0) return { ...stored, unknown: [] };
  const unknown = await unknownSkus(ctx, missing);
  const known = missing.filter(({ sku }) => !unknown.has(sku));
  const later = known.length > 0 ? await storeOnce(ctx, known, true) : undefined;
  return {
    changed: [...stored.changed, ...(later?.changed ?? [])],
    unchanged: [...stored.unchanged, ...(later?.unchanged ?? [])],
    unknown: missing.filter(({ sku }) => unknown.has(sku)),
  };
}

async function unknownSkus({ call }: StreamContext, prices: readonly StreamedPrice[]): Promise<Set<string>> {
  const skus = [...new Set(prices.map(({ sku }) => sku))];
  const unknown = new Set<string>();
  for (const some of chunks(skus, pricingLimits.PRICE_BATCH_ROWS))
    for (const sku of (await call("catalog.unknownSkus", { skus: some })).skus) unknown.add(sku);
  return unknown;
}

/**
 * @param areKnown whether the catalogue is known to have the skus. Otherwise those that have no price yet are left out
 */
function storeOnce(ctx: StreamContext, prices: readonly StreamedPrice[], areKnown: boolean) {
  return ctx.transaction(async (tx) => {
    lockShards(tx, [...new Set(prices.map(({ sku }) => shardOf(sku)))]);
    const outcome = await storeNewer(tx, prices);
    const first = outcome.missing.flatMap((index) => prices[index] ?? []);
    if (areKnown && first.length > 0) storeFirst(tx, first);
    const next = outcome.changed.flatMap(({ index, previousMinor }) => {
      const price = prices[index];
      return price ? [{ price, previousMinor }] : [];
    });
    const written = [...next, ...(areKnown ? first.map((price) => ({ price, previousMinor: null })) : [])];
    const changes = written.map(({ price: { sku, currency, amountMinor }, previousMinor }) => {
      return { sku, currency, amountMinor, previousMinor };
    });
    if (changes.length > 0) recordChanges(ctx, tx, changes);
    const changed = written.map(({ price }) => price);
    const settled = new Set([...changed, ...first]);
    const unchanged = prices.filter((price) => !settled.has(price));
    return { changed, unchanged, missing: areKnown ? [] : first };
  });
}

/** Adds the changes to the history, tells others about them, and lets the edge forget what shows their skus. */
function recordChanges(ctx: StreamContext, tx: Transaction, changes: readonly ChangedPrice[]): void {
  const byShard = new Map<string, ChangedPrice[]>();
  for (const change of changes) {
    const shard = shardOf(change.sku);
    const others = byShard.get(shard);
    if (others) others.push(change);
    else byShard.set(shard, [change]);
  }
  keepHistory(tx, byShard);
  for (const event of priceEvents(changes, shardOf, pricingLimits.PRICES_PER_EVENT))
    tx.emit(pricing.events.PricesChanged, event);
  forgetCached(
    ctx,
    tx,
    changes.map(({ sku }) => sku),
  );
}

import { batchedLookup } from "#lib/batched-lookup.ts";
import { SampledLog } from "#lib/sampled-log.ts";
import { Semaphore } from "#lib/sql/semaphore.ts";
import type { SetupContext } from "#mixins/service/context.ts";
import { pricingLimits } from "./domain/limits.ts";
import { amountsOf, type CurrentPrice, type PricedSku, pricesOf } from "./pricing.store.ts";

/** What the handlers share. */
export interface Deps {
  /** The current prices of those skus that have one, as they are when or after it is called. */
  currentPrices(skus: readonly string[], currency: string): Promise<CurrentPrice[]>;
  /** Writes about messages with rejected lines, of which nobody else tells their publishers. */
  rejections: SampledLog;
  /** Each lane stores the streamed prices of its own shards, one part after the other. */
  lanes: readonly Semaphore[];
}

/** Purchases of one moment share a query. What asks for many prices has one of its own, and nobody waits for it. */
export function setUp({ db, log }: Pick<SetupContext, "db" | "log">): Deps {
  const find = batchedLookup(async (keys) => {
    const found = await amountsOf(db, keys.map(pairOf));
    return new Map(found.map(({ sku, currency, amountMinor }) => [keyOf(sku, currency), amountMinor]));
  });
  const { STREAM_LANES, STREAM_LANE_WAIT_MS, STREAM_LANE_WAITING } = pricingLimits;
  const newLane = () =>
    new Semaphore(1, STREAM_LANE_WAIT_MS, "Too many price streams are waiting.", STREAM_LANE_WAITING);
  return {
    rejections: new SampledLog(log, pricingLimits.STREAM_LOG_LINES),
    lanes: Array.from({ length: STREAM_LANES }, newLane),
    async currentPrices(skus, currency) {
      if (skus.length > pricingLimits.PRICES_SHARED) return pricesOf(db, skus, currency);
      const amounts = await Promise.all(skus.map((sku) => find(keyOf(sku, currency))));
      return skus.flatMap((sku, at) => {
        const amountMinor = amounts[at];
        return amountMinor === undefined ? [] : [{ sku, amountMinor }];
      });
    },
  };
}

const keyOf = (sku: string, currency: string) => `${currency} ${sku}`;

function pairOf(key: string): PricedSku {
  const space = key.indexOf(" ");
  return { currency: key.slice(0, space), sku: key.slice(space + 1) };
}

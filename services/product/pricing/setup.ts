import { batchedLookup } from "#lib/batched-lookup.ts";
import { SampledLog } from "#lib/sampled-log.ts";
import { Semaphore } from "#lib/sql/semaphore.ts";
import type { SetupContext } from "#mixins/service/context.ts";
import type { PriceEnding } from "./domain/endings.ts";
import { priceEndings } from "./domain/endings.ts";
import { pricingLimits } from "./domain/limits.ts";
import type { ListPrice } from "./domain/lists.ts";
import { groupsOf } from "./groups.store.ts";
import { type ListedSku, listPricesOf } from "./list-prices.store.ts";
import { amountsOf, type CurrentPrice, type PricedSku, pricesOf, type Reading } from "./pricing.store.ts";
import { KnownTerms } from "./steps/known-terms.ts";
import { TaxBook } from "./tax/tax-book.ts";
import { readTerms } from "./terms.store.ts";

/** What the handlers share. */
export interface Deps {
  /** The current prices of those skus that have one, as they are when or after it is called. */
  currentPrices(skus: readonly string[], currency: string): Promise<CurrentPrice[]>;
  /** The lists and exchange rates. */
  terms: KnownTerms;
  /** What lists say about skus now. */
  listPrices(asked: readonly ListedSku[]): Promise<ListPrice[]>;
  /** The groups that a customer is in. */
  groupsOf(customerId: string): Promise<readonly string[]>;
  /** How converted prices end. */
  conversion: { pivot: string; endings: ReadonlyMap<string, PriceEnding> };
  /** Writes about messages with rejected lines, of which nobody else tells their publishers. */
  rejections: SampledLog;
  /** Each lane stores the streamed prices of its own shards, one part after the other. */
  lanes: readonly Semaphore[];
  /** Rates of taxes and how the shop taxes. */
  taxBook: TaxBook;
}

/** Purchases of one moment share a query. What asks for many prices has one of its own, and nobody waits for it. */
export async function setUp({ db, env, log }: Pick<SetupContext, "db" | "env" | "log">): Promise<Deps> {
  const terms = new KnownTerms(() => readTerms(db));
  const noticed = <Price>(reading: Reading<Price>): Price[] => {
    terms.notice(reading);
    return reading.prices;
  };
  const find = batchedLookup(async (keys) => {
    const found = noticed(await amountsOf(db, keys.map(pairOf)));
    return new Map(found.map(({ sku, currency, amountMinor }) => [keyOf(sku, currency), amountMinor]));
  });
  const findListed = batchedLookup(async (keys) => {
    const found = await listPricesOf(
      db,
      keys.map(pairOf).map(({ currency: list, sku }) => ({ list, sku })),
    );
    return Map.groupBy(found, ({ sku, list }) => keyOf(sku, list));
  });
  const findGroups = batchedLookup((customerIds) => groupsOf(db, customerIds));
  const { STREAM_LANES, STREAM_LANE_WAIT_MS, STREAM_LANE_WAITING } = pricingLimits;
  const newLane = () =>
    new Semaphore(1, STREAM_LANE_WAIT_MS, "Too many price streams are waiting.", STREAM_LANE_WAITING);
  const warn = (error: unknown) => log.warn("Rates of taxes cannot be read again.", { reason: String(error) });
  return {
    terms,
    conversion: { pivot: env.PRICE_PIVOT, endings: priceEndings(env.PRICE_ENDINGS) },
    rejections: new SampledLog(log, pricingLimits.STREAM_LOG_LINES),
    lanes: Array.from({ length: STREAM_LANES }, newLane),
    taxBook: await TaxBook.open(db, env, warn),
    async currentPrices(skus, currency) {
      if (skus.length > pricingLimits.PRICES_SHARED) return noticed(await pricesOf(db, skus, currency));
      const amounts = await Promise.all(skus.map((sku) => find(keyOf(sku, currency))));
      return skus.flatMap((sku, at) => {
        const amountMinor = amounts[at];
        return amountMinor === undefined ? [] : [{ sku, amountMinor }];
      });
    },
    async listPrices(asked) {
      if (asked.length > pricingLimits.PRICES_SHARED) return listPricesOf(db, asked);
      return (await Promise.all(asked.map(({ list, sku }) => findListed(keyOf(sku, list))))).flatMap(
        (found) => found ?? [],
      );
    },
    groupsOf: async (customerId) => (await findGroups(customerId)) ?? [],
  };
}

/** @param scope a currency, or a list: both have no space */
const keyOf = (sku: string, scope: string) => `${scope} ${sku}`;

function pairOf(key: string): PricedSku {
  const space = key.indexOf(" ");
  return { currency: key.slice(0, space), sku: key.slice(space + 1) };
}

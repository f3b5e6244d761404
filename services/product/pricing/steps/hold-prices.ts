import type { ServiceContext } from "#mixins/service/context.ts";
import { DEFAULT_CURRENCY } from "../contract.ts";
import { pricingLimits } from "../domain/limits.ts";
import { holds, type ListPrice, type PriceList, type Purchase } from "../domain/lists.ts";
import type { PriceTerms } from "../domain/price-terms.ts";
import { convert } from "../domain/rates.ts";
import { type BasePrice, type HeldPrice, pricesByQuantity, priceThatHolds } from "../domain/resolve.ts";
import { listPricesAt } from "../list-prices.store.ts";
import { type CurrentPrice, type PricedSku, pricesAt, pricesInAnyCurrency } from "../pricing.store.ts";
import type { Deps } from "../setup.ts";

type Context = Pick<ServiceContext<Deps>, "db" | "deps">;

/** Who buys, where, and how much of it. */
export interface Asked {
  currency: string;
  /** Whose groups count; not used beside `groups`. */
  customerId?: string | undefined;
  groups?: readonly string[] | undefined;
  region?: string | undefined;
  warehouseId?: string | undefined;
  /** Pieces, by sku; one of each that it does not name. */
  quantities?: Readonly<Record<string, number>> | undefined;
  /** Absent: now. */
  at?: Date | undefined;
}

export interface SkuPrice extends HeldPrice {
  sku: string;
  /** Where the price depends on the number of pieces; only when quantities were asked for. */
  byQuantity: { minQuantity: number; amountMinor: number }[];
}

/** What lists may say about a purchase. */
interface Listed {
  lists: ReadonlyMap<string, PriceList>;
  purchase: Purchase;
  entries: ReadonlyMap<string, ListPrice[]>;
}

/**
 * The prices that hold for a purchase, of those skus that have one. Prices, and what lists say, are read from the database;
 * which lists and rates there are is known, and the reading of the prices tells whether that is still so. While no list
 * can hold, nothing but the prices is read.
 */
export async function pricesThatHold(ctx: Context, skus: readonly string[], asked: Asked): Promise<SkuPrice[]> {
  const { terms } = ctx.deps;
  const guess = asked.at === undefined ? terms.latest : await terms.renewed();
  const [base, early] = await Promise.all([
    basePrices(ctx, skus, asked),
    guess && guess.lists.size > 0 ? listed(ctx, guess, skus, asked) : undefined,
  ]);
  const current = await terms.fresh();
  if (current.lists.size === 0 && current.rates.size === 0) return base.map(withoutLists);
  const { lists, purchase, entries } = early && current === guess ? early : await listed(ctx, current, skus, asked);
  const bases = await withConverted(ctx, current, skus, asked, base);
  return skus.flatMap((sku): SkuPrice[] => {
    const prices = { base: bases.get(sku), entries: entries.get(sku) ?? [] };
    const held = priceThatHolds(prices, lists, purchase, piecesOf(sku, asked));
    if (!held) return [];
    const tiered = asked.quantities !== undefined && prices.entries.some(({ minQuantity }) => minQuantity > 1);
    const byQuantity = tiered ? pricesByQuantity(prices, lists, purchase, pricingLimits.QUANTITY_STEPS) : [];
    return [{ sku, ...held, byQuantity }];
  });
}

function withoutLists({ sku, amountMinor }: CurrentPrice): SkuPrice {
  return { sku, amountMinor, listMinor: amountMinor, source: "base", byQuantity: [] };
}

function piecesOf(sku: string, { quantities = {} }: Asked): number {
  return Object.hasOwn(quantities, sku) ? (quantities[sku] ?? 1) : 1;
}

function basePrices({ db, deps }: Context, skus: readonly string[], { currency, at }: Asked): Promise<CurrentPrice[]> {
  return at !== undefined && at < deps.terms.now()
    ? pricesAt(db, skus, at).then((all) => all.filter((price) => price.currency === currency))
    : deps.currentPrices(skus, currency);
}

async function listed(ctx: Context, { lists }: PriceTerms, skus: readonly string[], asked: Asked): Promise<Listed> {
  const now = ctx.deps.terms.now();
  const purchase: Purchase = { ...asked, groups: asked.groups ?? [], at: asked.at ?? now };
  // All but the groups, which are read only when they matter.
  const possible = [...lists.values()].filter((list) => holds({ ...list, customerGroup: null }, purchase));
  const hasGroups = possible.some(({ customerGroup }) => customerGroup !== null);
  if (hasGroups && asked.groups === undefined && asked.customerId !== undefined)
    purchase.groups = await ctx.deps.groupsOf(asked.customerId);
  const candidates = possible.filter((list) => holds(list, purchase));
  if (candidates.length === 0) return { lists: new Map(), purchase, entries: new Map() };
  const pairs = candidates.flatMap(({ code: list }) => skus.map((sku) => ({ list, sku })));
  const found = await (purchase.at < now ? listPricesAt(ctx.db, pairs, purchase.at) : ctx.deps.listPrices(pairs));
  return {
    lists: new Map(candidates.map((list) => [list.code, list])),
    purchase,
    entries: Map.groupBy(found, ({ sku }) => sku),
  };
}

/** The prices without lists: those that exist, and conversions where there is none in the currency. */
async function withConverted(
  { db, deps }: Context,
  { rates }: PriceTerms,
  skus: readonly string[],
  { currency, at }: Asked,
  base: readonly CurrentPrice[],
): Promise<Map<string, BasePrice>> {
  const found = new Map(
    base.map(({ sku, amountMinor }): [string, BasePrice] => [sku, { amountMinor, source: "base" }]),
  );
  const missing = rates.size === 0 ? [] : skus.filter((sku) => !found.has(sku));
  if (missing.length === 0) return found;
  const others = await (at !== undefined && at < deps.terms.now()
    ? pricesAt(db, missing, at)
    : pricesInAnyCurrency(db, missing));
  for (const price of others.toSorted(byCurrency)) {
    if (found.has(price.sku)) continue;
    const pair = { from: price.currency, to: currency };
    const amountMinor = convert(price.amountMinor, pair, { rates, ...deps.conversion });
    if (amountMinor !== undefined) found.set(price.sku, { amountMinor, source: `converted:${price.currency}` });
  }
  return found;
}

/** The shop's own currency first, then by name: always the same one. */
function byCurrency({ currency: a }: PricedSku, { currency: b }: PricedSku): number {
  return Number(b === DEFAULT_CURRENCY) - Number(a === DEFAULT_CURRENCY) || (a < b ? -1 : 1);
}

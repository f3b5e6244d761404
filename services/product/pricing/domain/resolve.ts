import { holds, type ListPrice, type PriceList, type Purchase } from "./lists.ts";

/** Where a price comes from: the sku's own price, that price converted from another currency, or a list. */
export type Source = "base" | `converted:${string}` | `list:${string}`;

export interface BasePrice {
  amountMinor: number;
  source: Source;
}

/** The price of one piece of a sku. */
export interface HeldPrice {
  amountMinor: number;
  /** Without lists. Undefined when only a list has a price. */
  listMinor: number | undefined;
  source: Source;
}

/** What is known about one sku: its price without lists, and all that lists say about it. */
export interface SkuPrices {
  base: BasePrice | undefined;
  entries: readonly ListPrice[];
}

/**
 * The price that holds: of what lists that hold say about the sku, the most specific. One for the warehouse comes before one
 * for all; then the list with the higher priority; of equal ones the lower price. Of one list, the entry with the largest
 * quantity that is reached. Without any, the base price. The table of the rule is in docs/pricing.md.
 * @param quantity pieces of this sku in the whole purchase
 * @returns undefined when nothing holds and there is no base price
 */
export function priceThatHolds(
  { base, entries }: SkuPrices,
  lists: ReadonlyMap<string, PriceList>,
  purchase: Purchase,
  quantity: number,
): HeldPrice | undefined {
  const applicable = entries.flatMap((entry): Candidate[] => {
    const list = lists.get(entry.list);
    if (!list || !holds(list, purchase) || entry.minQuantity > quantity) return [];
    if (entry.warehouseId !== null && entry.warehouseId !== purchase.warehouseId) return [];
    return [{ ...entry, priority: list.priority }];
  });
  const best = tiersReached(applicable).toSorted(bySpecificity)[0];
  const listMinor = base?.amountMinor;
  if (best) return { amountMinor: best.amountMinor, listMinor, source: `list:${best.list}` };
  return base && { ...base, listMinor };
}

interface Candidate extends ListPrice {
  priority: number;
}

/** Of each list and warehouse the entry with the largest quantity. */
function tiersReached(candidates: readonly Candidate[]): Candidate[] {
  const reached = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const key = `${candidate.list} ${candidate.warehouseId}`;
    const other = reached.get(key);
    if (!other || candidate.minQuantity > other.minQuantity) reached.set(key, candidate);
  }
  return [...reached.values()];
}

function bySpecificity(a: Candidate, b: Candidate): number {
  return (
    Number(b.warehouseId !== null) - Number(a.warehouseId !== null) ||
    b.priority - a.priority ||
    a.amountMinor - b.amountMinor ||
    (a.list < b.list ? -1 : 1)
  );
}

/**
 * The prices of one piece by the number of pieces, where that matters: each from its quantity on, ascending, the first one
 * from 1. At most `most` of them.
 */
export function pricesByQuantity(
  prices: SkuPrices,
  lists: ReadonlyMap<string, PriceList>,
  purchase: Purchase,
  most: number,
): { minQuantity: number; amountMinor: number }[] {
  const quantities = new Set([1, ...prices.entries.map(({ minQuantity }) => minQuantity)]);
  const steps: { minQuantity: number; amountMinor: number }[] = [];
  for (const minQuantity of [...quantities].toSorted((a, b) => a - b)) {
    const held = priceThatHolds(prices, lists, purchase, minQuantity);
    if (held && held.amountMinor !== steps.at(-1)?.amountMinor)
      steps.push({ minQuantity, amountMinor: held.amountMinor });
  }
  return steps.length > 1 ? steps.slice(0, most) : [];
}

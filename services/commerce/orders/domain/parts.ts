import type { Line } from "./lines.ts";

/** What one seller sells of an order, or the shop itself. */
export interface OrderPart<Item> {
  /** Null: the shop itself. */
  sellerId: string | null;
  items: Item[];
  /** Before discounts. */
  subtotalMinor: number;
}

/**
 * The parts of an order: that of the shop first, the others in the sequence of their first lines.
 * @param items what is shown of each line
 */
export function partsOf<Item>(lines: readonly Line[], items: readonly Item[]): OrderPart<Item>[] {
  const parts = new Map<string | null, OrderPart<Item>>();
  for (const [at, { sellerId = null, quantity, priceMinor }] of lines.entries()) {
    const part = parts.get(sellerId) ?? { sellerId, items: [], subtotalMinor: 0 };
    const item = items[at];
    if (item === undefined) throw new Error("Each line of an order is shown.");
    part.items.push(item);
    part.subtotalMinor += quantity * priceMinor;
    parts.set(sellerId, part);
  }
  return [...parts.values()].sort((a, b) => Number(a.sellerId !== null) - Number(b.sellerId !== null));
}

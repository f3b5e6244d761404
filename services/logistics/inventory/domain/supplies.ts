import type { RequestedLine } from "./allocate.ts";
import { inventoryLimits } from "./limits.ts";
import type { Stock } from "./stock.ts";

/** What one piece of a sku takes from the stock, for those skus that are not one piece of themselves. */
export type Supplies = ReadonlyMap<string, readonly RequestedLine[]>;

/** The pieces that an order takes from the stock: of a bundle its components, of a digital product nothing. */
export function piecesOf(lines: readonly RequestedLine[], supplies: Supplies): RequestedLine[] {
  return lines.flatMap(({ sku, quantity }) => {
    const takes = supplies.get(sku);
    if (!takes) return [{ sku, quantity }];
    return takes.map((component) => ({ sku: component.sku, quantity: component.quantity * quantity }));
  });
}

/** How often a sku can be bought: a bundle as often as its scarcest component allows, a digital product always. */
export function availableOf(stock: Stock, sku: string, supplies: Supplies): number {
  const takes = supplies.get(sku);
  if (!takes) return stock.available(sku);
  const often = takes.map((component) => Math.floor(stock.available(component.sku) / component.quantity));
  return Math.min(inventoryLimits.STOCK_PIECES, ...often);
}

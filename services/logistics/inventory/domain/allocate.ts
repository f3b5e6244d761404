import { free, type Stock } from "./stock.ts";

/** What an order wants of one sku. */
export interface Wanted {
  sku: string;
  quantity: number;
}

/** Pieces of one sku in one warehouse. */
export interface AllocatedLine extends Wanted {
  warehouseId: string;
}

export interface Shortage {
  sku: string;
  requested: number;
  available: number;
}

export type Allocation = { kind: "all"; lines: AllocatedLine[] } | { kind: "none"; missing: Shortage[] };

/**
 * Which warehouses serve an order: all of its lines, or none. One warehouse for the whole order if any can, since each
 * further one is a parcel more; else for each sku as few as can. The fullest come first.
 */
export function allocate(stock: Stock, order: readonly Wanted[]): Allocation {
  const wanted = merged(order);
  const missing = wanted
    .map(({ sku, quantity }) => ({ sku, requested: quantity, available: stock.available(sku) }))
    .filter(({ requested, available }) => available < requested);
  if (missing.length > 0) return { kind: "none", missing };
  const home = wholeOrderIn(stock, wanted);
  if (home !== undefined) return { kind: "all", lines: wanted.map((line) => ({ ...line, warehouseId: home })) };
  return { kind: "all", lines: wanted.flatMap((line) => spread(stock, line)) };
}

/** One line a sku, in the order of their first mention. */
function merged(order: readonly Wanted[]): Wanted[] {
  const bySku = new Map<string, number>();
  for (const { sku, quantity } of order) bySku.set(sku, (bySku.get(sku) ?? 0) + quantity);
  return [...bySku].map(([sku, quantity]) => ({ sku, quantity }));
}

function wholeOrderIn(stock: Stock, wanted: readonly Wanted[]): string | undefined {
  const [first] = wanted;
  if (!first) return undefined;
  return fullestFirst(stock, first.sku)
    .map(({ warehouseId }) => warehouseId)
    .find((warehouseId) =>
      wanted.every(({ sku, quantity }) => {
        const row = stock.row(sku, warehouseId);
        return row !== undefined && free(row) >= quantity;
      }),
    );
}

function spread(stock: Stock, { sku, quantity }: Wanted): AllocatedLine[] {
  const lines: AllocatedLine[] = [];
  let left = quantity;
  for (const row of fullestFirst(stock, sku)) {
    const taken = Math.min(left, free(row));
    if (taken <= 0) break;
    lines.push({ sku, warehouseId: row.warehouseId, quantity: taken });
    left -= taken;
  }
  return lines;
}

function fullestFirst(stock: Stock, sku: string) {
  return stock.of(sku).toSorted((a, b) => free(b) - free(a));
}

import { free, type Stock } from "./stock.ts";

/** Pieces of one sku that an order needs. */
export interface RequestedLine {
  sku: string;
  quantity: number;
}

/** Pieces of one sku in one warehouse. */
export interface AllocatedLine extends RequestedLine {
  warehouseId: string;
}

export interface Shortage {
  sku: string;
  requested: number;
  available: number;
}

export type Allocation = { kind: "all"; lines: AllocatedLine[] } | { kind: "none"; missing: Shortage[] };

/**
 * Chooses the warehouses for all lines of an order, or for none. One warehouse for the whole order is preferred, because
 * each further one means another parcel; otherwise each sku comes from as few warehouses as possible. Warehouses with
 * more unreserved pieces come first.
 */
export function allocate(stock: Stock, order: readonly RequestedLine[]): Allocation {
  const lines = mergeBySku(order);
  const missing = lines
    .map(({ sku, quantity }) => ({ sku, requested: quantity, available: stock.available(sku) }))
    .filter(({ requested, available }) => available < requested);
  if (missing.length > 0) return { kind: "none", missing };
  const warehouseId = warehouseForAll(stock, lines);
  if (warehouseId !== undefined) return { kind: "all", lines: lines.map((line) => ({ ...line, warehouseId })) };
  return { kind: "all", lines: lines.flatMap((line) => splitOverWarehouses(stock, line)) };
}

/** One line for each sku, in the order in which the skus first appear. */
function mergeBySku(order: readonly RequestedLine[]): RequestedLine[] {
  const bySku = new Map<string, number>();
  for (const { sku, quantity } of order) bySku.set(sku, (bySku.get(sku) ?? 0) + quantity);
  return [...bySku].map(([sku, quantity]) => ({ sku, quantity }));
}

function warehouseForAll(stock: Stock, lines: readonly RequestedLine[]): string | undefined {
  const [first] = lines;
  if (!first) return undefined;
  return fullestFirst(stock, first.sku)
    .map(({ warehouseId }) => warehouseId)
    .find((warehouseId) =>
      lines.every(({ sku, quantity }) => {
        const row = stock.row(sku, warehouseId);
        return row !== undefined && free(row) >= quantity;
      }),
    );
}

function splitOverWarehouses(stock: Stock, { sku, quantity }: RequestedLine): AllocatedLine[] {
  const lines: AllocatedLine[] = [];
  let left = quantity;
  for (const row of fullestFirst(stock, sku)) {
    const allocated = Math.min(left, free(row));
    if (allocated <= 0) break;
    lines.push({ sku, warehouseId: row.warehouseId, quantity: allocated });
    left -= allocated;
  }
  return lines;
}

function fullestFirst(stock: Stock, sku: string) {
  return stock.of(sku).toSorted((a, b) => free(b) - free(a));
}

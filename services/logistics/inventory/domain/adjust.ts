import { inventoryLimits } from "./limits.ts";
import type { Stock, StockRow } from "./stock.ts";

export interface Adjustment {
  sku: string;
  warehouseId: string;
  delta: number;
  reason: string;
}

/** A row that cannot take its adjustments. */
export interface Refused extends StockRow {
  delta: number;
}

/**
 * Applies adjustments all or none. They are summed by row first: what matters is what is on the shelf afterwards.
 * @returns the first row that would fall below what is reserved, or hold more than a row can
 */
export function adjust(stock: Stock, adjustments: readonly Adjustment[]): Refused | undefined {
  const deltas = new Map<Readonly<StockRow>, number>();
  for (const { sku, warehouseId, delta } of adjustments) {
    const row = stock.row(sku, warehouseId);
    if (!row) throw new Error(`There is no row of ${sku} in ${warehouseId} to adjust.`);
    deltas.set(row, (deltas.get(row) ?? 0) + delta);
  }
  for (const [row, delta] of deltas) {
    const onHand = row.onHand + delta;
    if (onHand < row.reserved || onHand > inventoryLimits.STOCK_PIECES) return { ...row, delta };
  }
  for (const [{ sku, warehouseId }, onHand] of deltas) stock.change(sku, warehouseId, { onHand });
  return undefined;
}

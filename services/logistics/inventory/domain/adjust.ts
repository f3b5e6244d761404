import { inventoryLimits } from "./limits.ts";
import type { Stock, StockRow } from "./stock.ts";

export interface Adjustment {
  sku: string;
  warehouseId: string;
  delta: number;
  reason: string;
}

/** A row whose adjustments are not possible; `delta` is their sum. */
export interface RefusedAdjustment extends StockRow {
  delta: number;
}

/**
 * Applies all adjustments or none. Only the sum for each row must be possible, not each adjustment in turn.
 * @returns the first row that would fall below its reserved pieces, or hold more than `STOCK_PIECES`
 */
export function adjust(stock: Stock, adjustments: readonly Adjustment[]): RefusedAdjustment | undefined {
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

import { free, type Stock, type StockRow } from "./domain/stock.ts";
import type { WarehouseRow } from "./inventory.store.ts";

export function warehouseView({ warehouseId, name, createdAt }: WarehouseRow) {
  return { warehouseId, name, createdAt: createdAt.toISOString() };
}

/** What everybody may know about a sku. */
export function availableView(stock: Stock, sku: string) {
  return { sku, available: stock.available(sku) };
}

/** What staff know about the stock of a sku in one warehouse. */
export function stockRowView(row: Readonly<StockRow>) {
  const { warehouseId, onHand, reserved } = row;
  return { warehouseId, onHand, reserved, available: free(row) };
}

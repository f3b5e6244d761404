import { free, type Stock, type StockRow } from "./domain/stock.ts";
import { availableOf, type Supplies } from "./domain/supplies.ts";
import type { WarehouseRow } from "./inventory.store.ts";

export function warehouseView({ warehouseId, name, createdAt }: WarehouseRow) {
  return { warehouseId, name, createdAt: createdAt.toISOString() };
}

/** What everybody may know about a sku. */
export function availableView({ stock, supplies }: { stock: Stock; supplies: Supplies }, sku: string) {
  return { sku, available: availableOf(stock, sku, supplies) };
}

/** What staff know about the stock of a sku in one warehouse. */
export function stockRowView(row: Readonly<StockRow>) {
  const { warehouseId, onHand, reserved } = row;
  return { warehouseId, onHand, reserved, available: free(row) };
}

import { DomainError, validationError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { skuFingerprint } from "#lib/contract/sku-fingerprint.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { NewSkus } from "#services/product/catalog/contract.ts";
import { inventory } from "../contract.ts";
import { type Adjustment, adjust, type RefusedAdjustment } from "../domain/adjust.ts";
import { inventoryLimits } from "../domain/limits.ts";
import { free, type Stock } from "../domain/stock.ts";
import { lockForAdjusting, saveAdjustments, unknownWarehouses } from "../inventory.store.ts";

/**
 * Applies all adjustments or none, writes a movement for each and emits StockAdjusted.
 * @param pathOf JSON pointer of an adjustment in the request
 * @param areKnown whether the catalogue is known to have the skus; a sku that has a row of stock is known anyway
 * @throws NewSkus when a sku gets a new row of stock and nobody has asked the catalogue about it
 * @throws DomainError VALIDATION_FAILED for an unknown warehouse, OUT_OF_STOCK when a row would fall below its reserved
 * pieces, LIMIT_REACHED when a row would hold too many
 */
export async function adjustAll(
  ctx: Pick<ServiceContext, "signal">,
  tx: Transaction,
  adjustments: readonly Adjustment[],
  { pathOf, areKnown }: { pathOf: (index: number) => string; areKnown: boolean },
): Promise<Stock> {
  await requireWarehouses(tx, adjustments, pathOf);
  const { stock, newSkus } = await lockForAdjusting(tx, adjustments);
  if (newSkus.length > 0 && !areKnown) throw new NewSkus(newSkus);
  const refused = adjust(stock, adjustments);
  if (refused) throw refusal(refused);
  const operation = newId("operation");
  const movements = adjustments.map((row, index) => ({
    ...row,
    kind: "adjust" as const,
    reference: `${operation}/${index}`,
  }));
  saveAdjustments(tx, stock, movements);
  for (const { sku, warehouseId, delta, reason } of adjustments) {
    tx.emit(inventory.events.StockAdjusted, { sku, warehouseId, delta, available: stock.available(sku), reason });
  }
  const adjusted = [...new Set(adjustments.map(({ sku }) => skuFingerprint(sku)))];
  tx.afterCommit(() => ctx.signal("edge.invalidate", { skus: adjusted }));
  return stock;
}

function refusal(refused: RefusedAdjustment): DomainError {
  const { sku, warehouseId, delta } = refused;
  const available = free(refused);
  const data = { ...refused, available };
  if (delta < 0) {
    const detail = `${warehouseId} has ${available} pieces of ${sku} that are not reserved, so ${-delta} cannot be taken.`;
    return new DomainError("OUT_OF_STOCK", detail, data);
  }
  const detail = `${warehouseId} can hold at most ${inventoryLimits.STOCK_PIECES} pieces of ${sku}.`;
  return new DomainError("LIMIT_REACHED", detail, data);
}

async function requireWarehouses(
  tx: Transaction,
  adjustments: readonly Adjustment[],
  pathOf: (index: number) => string,
): Promise<void> {
  const ids = adjustments.map(({ warehouseId }) => warehouseId);
  const unknown = await unknownWarehouses(tx, ids);
  if (unknown.length === 0) return;
  const index = ids.findIndex((id) => unknown.includes(id));
  throw validationError(`There is no warehouse ${ids[index]}.`, [
    { path: `${pathOf(index)}/warehouseId`, message: "is not a warehouse" },
  ]);
}

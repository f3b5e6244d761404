import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { type Handler, type ServiceContext, transactional } from "#mixins/service/context.ts";
import { DEFAULT_WAREHOUSE, inventory } from "../contract.ts";
import { type Adjustment, adjust } from "../domain/adjust.ts";
import { free, type Stock } from "../domain/stock.ts";
import { lockForAdjusting, saveAdjusted, unknownWarehouses } from "../inventory.store.ts";

type Actions = typeof inventory.actions;

export const adjustStock: Handler<Actions["adjust"]> = transactional((ctx, adjustment) =>
  ctx.transaction(async (tx) => {
    const stock = await adjustAll(ctx, tx, [adjustment], () => "/warehouseId");
    const { sku, warehouseId } = adjustment;
    const row = stock.row(sku, warehouseId) ?? { onHand: 0, reserved: 0 };
    return { sku, warehouseId, onHand: row.onHand, available: free(row) };
  }),
);

export const adjustManyStocks: Handler<Actions["adjustMany"]> = transactional((ctx, params) =>
  ctx.transaction(async (tx) => {
    const adjustments = params.adjustments.map((row) => ({
      ...row,
      warehouseId: row.warehouseId ?? DEFAULT_WAREHOUSE,
    }));
    await adjustAll(ctx, tx, adjustments, (index) => `/adjustments/${index}/warehouseId`);
    return { adjusted: adjustments.length };
  }),
);

/**
 * Applies adjustments all or none, writes them into the ledger and tells the world.
 * @throws DomainError VALIDATION_FAILED for an unknown warehouse, OUT_OF_STOCK when a row would fall below what is
 * reserved, LIMIT_REACHED when it would hold too much
 */
export async function adjustAll(
  ctx: Pick<ServiceContext, "signal">,
  tx: Transaction,
  adjustments: readonly Adjustment[],
  pathOf: (index: number) => string,
): Promise<Stock> {
  await requireWarehouses(tx, adjustments, pathOf);
  const stock = await lockForAdjusting(tx, adjustments);
  const refused = adjust(stock, adjustments);
  if (refused) {
    throw new DomainError(
      refused.delta < 0 ? "OUT_OF_STOCK" : "LIMIT_REACHED",
      `${refused.warehouseId} cannot take ${refused.delta} pieces of ${refused.sku}.`,
      {
        ...refused,
        available: free(refused),
      },
    );
  }
  const operation = newId("operation");
  const movements = adjustments.map((row, index) => ({
    ...row,
    kind: "adjust" as const,
    reference: `${operation}/${index}`,
  }));
  saveAdjusted(tx, stock, movements);
  for (const { sku, warehouseId, delta, reason } of adjustments) {
    tx.emit(inventory.events.StockAdjusted, { sku, warehouseId, delta, available: stock.available(sku), reason });
  }
  tx.afterCommit(() => ctx.signal("edge.invalidate", {}));
  return stock;
}

async function requireWarehouses(
  tx: Transaction,
  adjustments: readonly Adjustment[],
  pathOf: (index: number) => string,
): Promise<void> {
  const unknown = await unknownWarehouses(
    tx,
    adjustments.map(({ warehouseId }) => warehouseId),
  );
  if (unknown.length === 0) return;
  const index = adjustments.findIndex(({ warehouseId }) => unknown.includes(warehouseId));
  throw new DomainError("VALIDATION_FAILED", `There is no warehouse ${unknown[0]}.`, {
    errors: [{ path: pathOf(index), message: "is not a warehouse" }],
  });
}

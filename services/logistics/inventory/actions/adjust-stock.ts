import { type Handler, transactional } from "#mixins/service/context.ts";
import { DEFAULT_WAREHOUSE, type inventory } from "../contract.ts";
import { free } from "../domain/stock.ts";
import { adjustAll } from "../steps/adjust-all.ts";

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

import { type Handler, transactional } from "#mixins/service/context.ts";
import { withKnownSkus } from "#services/product/catalog/contract.ts";
import { DEFAULT_WAREHOUSE, type inventory } from "../contract.ts";
import { free } from "../domain/stock.ts";
import { adjustAll } from "../steps/adjust-all.ts";

type Actions = typeof inventory.actions;

const singlePath = () => "";
const batchPath = (index: number) => `/adjustments/${index}`;

export const adjustStock: Handler<Actions["adjust"]> = transactional((ctx, adjustment) =>
  withKnownSkus(ctx, [adjustment], singlePath, (areKnown) =>
    ctx.transaction(async (tx) => {
      const stock = await adjustAll(ctx, tx, [adjustment], { pathOf: singlePath, areKnown });
      const { sku, warehouseId } = adjustment;
      const row = stock.row(sku, warehouseId) ?? { onHand: 0, reserved: 0 };
      return { sku, warehouseId, onHand: row.onHand, available: free(row) };
    }),
  ),
);

export const adjustManyStocks: Handler<Actions["adjustMany"]> = transactional((ctx, params) => {
  const adjustments = params.adjustments.map((row) => ({ ...row, warehouseId: row.warehouseId ?? DEFAULT_WAREHOUSE }));
  return withKnownSkus(ctx, adjustments, batchPath, (areKnown) =>
    ctx.transaction(async (tx) => {
      await adjustAll(ctx, tx, adjustments, { pathOf: batchPath, areKnown });
      return { adjusted: adjustments.length };
    }),
  );
});

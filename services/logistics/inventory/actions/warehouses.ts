import { Problem } from "../../../../mixins/errors.ts";
import { newId } from "../../../../mixins/ids.ts";
import type { Handler } from "../../../../mixins/service.ts";
import type { inventory } from "../contract.ts";
import { insertWarehouse, pageOfWarehouses } from "../inventory.store.ts";

type Actions = typeof inventory.actions;

export const listWarehouses: Handler<Actions["warehouses"]> = (ctx, page) => pageOfWarehouses(ctx.db, page);

export const addWarehouse: Handler<Actions["addWarehouse"]> = (ctx, { warehouseId = newId("warehouse"), name }) =>
  ctx.transaction(async (tx) => {
    const warehouse = await insertWarehouse(tx, warehouseId, name);
    if (!warehouse) throw new Problem("ALREADY_EXISTS", `There is a warehouse ${warehouseId} already.`);
    return warehouse;
  });

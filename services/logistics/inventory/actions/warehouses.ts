import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { inventory } from "../contract.ts";
import { insertWarehouse, pageOfWarehouses } from "../inventory.store.ts";
import { warehouseView } from "../view.ts";

type Actions = typeof inventory.actions;

export const listWarehouses: Handler<Actions["warehouses"]> = async (ctx, page) => {
  const { rows, pagination } = await pageOfWarehouses(ctx.db, page);
  return { warehouses: rows.map(warehouseView), pagination };
};

export const addWarehouse: Handler<Actions["addWarehouse"]> = transactional(
  (ctx, { warehouseId = newId("warehouse"), name }) =>
    ctx.transaction(async (tx) => {
      const warehouse = await insertWarehouse(tx, warehouseId, name);
      if (!warehouse) throw new DomainError("ALREADY_EXISTS", `There is a warehouse ${warehouseId} already.`);
      return warehouseView(warehouse);
    }),
);

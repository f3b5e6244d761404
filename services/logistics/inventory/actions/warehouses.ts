import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { inventory } from "../contract.ts";
import { insertWarehouse, pageOfWarehouses } from "../inventory.store.ts";

type Actions = typeof inventory.actions;

export const listWarehouses: Handler<Actions["warehouses"]> = (ctx, page) => pageOfWarehouses(ctx.db, page);

export const addWarehouse: Handler<Actions["addWarehouse"]> = transactional(
  (ctx, { warehouseId = newId("warehouse"), name }) =>
    ctx.transaction(async (tx) => {
      const warehouse = await insertWarehouse(tx, warehouseId, name);
      if (!warehouse) throw new DomainError("ALREADY_EXISTS", `There is a warehouse ${warehouseId} already.`);
      return warehouse;
    }),
);

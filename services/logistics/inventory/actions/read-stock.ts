import { hasScope } from "#lib/contract/access.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { inventory } from "../contract.ts";
import { free } from "../domain/stock.ts";
import { stockOf } from "../inventory.store.ts";

type Actions = typeof inventory.actions;

export const readStock: Handler<Actions["get"]> = async (ctx, { sku }) => {
  const stock = await stockOf(ctx.db, [sku]);
  const rows = stock.of(sku);
  if (rows.length === 0) throw new DomainError("NOT_FOUND", `There is no stock of ${sku}.`);
  const available = stock.available(sku);
  if (!hasScope(ctx.auth, "inventory:read")) return { sku, available };
  const warehouses = rows.map((row) => ({
    warehouseId: row.warehouseId,
    onHand: row.onHand,
    reserved: row.reserved,
    available: free(row),
  }));
  return { sku, available, warehouses };
};

export const listStock: Handler<Actions["list"]> = async (ctx, params) => {
  const skus = [...new Set(params.skus.split(","))];
  const stock = await stockOf(ctx.db, skus);
  return {
    items: skus.filter((sku) => stock.of(sku).length > 0).map((sku) => ({ sku, available: stock.available(sku) })),
  };
};

export const readAvailable: Handler<Actions["available"]> = async (ctx, params) => {
  const skus = [...new Set(params.skus)];
  const stock = await stockOf(ctx.db, skus);
  return { items: skus.map((sku) => ({ sku, available: stock.available(sku) })) };
};

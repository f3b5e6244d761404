import { hasScope } from "#lib/contract/access.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { inventory } from "../contract.ts";
import { stockOf } from "../inventory.store.ts";
import type { Deps } from "../setup.ts";
import { availableView, stockRowView } from "../view.ts";

type Actions = typeof inventory.actions;

export const getStock: Handler<Actions["get"]> = async (ctx, { sku }) => {
  const found = await stockOf(ctx.db, [sku]);
  const rows = found.stock.of(sku);
  if (rows.length === 0 && !found.supplies.has(sku)) throw new DomainError("NOT_FOUND", `There is no stock of ${sku}.`);
  const view = availableView(found, sku);
  return hasScope(ctx.auth, "inventory:read") ? { ...view, warehouses: rows.map(stockRowView) } : view;
};

export const listStock: Handler<Actions["list"]> = async (ctx, params) => {
  const skus = [...new Set(params.skus.split(","))];
  const found = await stockOf(ctx.db, skus);
  const known = skus.filter((sku) => found.stock.of(sku).length > 0 || found.supplies.has(sku));
  return { items: known.map((sku) => availableView(found, sku)) };
};

export const getAvailable: Handler<Actions["available"], Deps> = async ({ deps }, { skus }) => ({
  items: await deps.available([...new Set(skus)]),
});

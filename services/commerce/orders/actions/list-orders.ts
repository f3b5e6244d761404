import { hasScope } from "#lib/contract/access.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { orders } from "../contract.ts";
import { pageOrders } from "../orders.store.ts";
import { orderView, staffOrderView } from "../view.ts";

export const ordersOfCustomer: Handler<typeof orders.actions.ofCustomer> = async (ctx, { customerId, page, limit }) => {
  const { rows, pagination } = await pageOrders(ctx.db, { page, limit, where: { customerId } });
  const view = hasScope(ctx.auth, "orders:read") ? staffOrderView : orderView;
  return { orders: rows.map(view), pagination };
};

export const listOrders: Handler<typeof orders.actions.list> = async (ctx, { page, limit, ...where }) => {
  const { rows, pagination } = await pageOrders(ctx.db, { page, limit, where });
  return { orders: rows.map(staffOrderView), pagination };
};

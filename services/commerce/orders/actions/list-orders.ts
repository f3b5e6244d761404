import type { Handler } from "../../../../mixins/service.ts";
import type { orders } from "../contract.ts";
import { pageOrders } from "../order.store.ts";
import { orderView } from "../order-view.ts";

export const ordersOfCustomer: Handler<typeof orders.actions.ofCustomer> = async (ctx, { customerId, page, limit }) => {
  const { rows, pagination } = await pageOrders(ctx.db, { page, limit, where: { customerId } });
  return { orders: rows.map(orderView), pagination };
};

export const listOrders: Handler<typeof orders.actions.list> = async (ctx, { page, limit, ...where }) => {
  const { rows, pagination } = await pageOrders(ctx.db, { page, limit, where });
  return { orders: rows.map(orderView), pagination };
};

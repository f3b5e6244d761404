import { owns } from "../../../../mixins/access.ts";
import { Problem } from "../../../../mixins/errors.ts";
import type { Handler } from "../../../../mixins/service.ts";
import type { orders } from "../contract.ts";
import { findOrders } from "../order.store.ts";
import { orderView } from "../order-view.ts";

export const getOrder: Handler<typeof orders.actions.get> = async (ctx, { orderId }) => {
  const [order] = await findOrders(ctx.db, [orderId]);
  if (!order || !owns(ctx.auth, order.customerId, "orders:read")) throw new Problem("NOT_FOUND");
  return orderView(order);
};

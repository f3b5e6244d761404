import { DomainError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { orders } from "../contract.ts";
import { findOrders } from "../orders.store.ts";
import { orderView } from "../view.ts";

export const getOrder: Handler<typeof orders.actions.get> = async (ctx, { orderId }) => {
  const [order] = await findOrders(ctx.db, [orderId]);
  if (!order) throw new DomainError("NOT_FOUND");
  ctx.requireOwner(order.customerId);
  return orderView(order);
};

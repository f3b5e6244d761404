import { hasScope } from "#lib/contract/access.ts";
import { DomainError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { orders } from "../contract.ts";
import { findOrders } from "../orders.store.ts";
import type { Deps } from "../setup.ts";
import { holdsOrderToken } from "../steps/order-token.ts";
import { orderView, staffOrderView } from "../view.ts";

export const getOrder: Handler<typeof orders.actions.get, Deps> = async (ctx, { orderId }) => {
  const [order] = await findOrders(ctx.db, [orderId]);
  if (!order) throw new DomainError("NOT_FOUND");
  ctx.requireOwner(order.customerId, holdsOrderToken(ctx, orderId));
  return hasScope(ctx.auth, "orders:read") ? staffOrderView(order) : orderView(order);
};

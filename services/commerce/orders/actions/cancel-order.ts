import { owns } from "../../../../mixins/access.ts";
import { Problem } from "../../../../mixins/errors.ts";
import type { Handler } from "../../../../mixins/service.ts";
import { advance, ours } from "../advance-orders.ts";
import type { orders } from "../contract.ts";
import { findOrders } from "../order.store.ts";

export const cancelOrder: Handler<typeof orders.actions.cancel> = async (ctx, { orderId, reason }) => {
  const [order] = await findOrders(ctx.db, [orderId]);
  if (!order || !owns(ctx.auth, order.customerId, "orders:write")) throw new Problem("NOT_FOUND");
  const request = { kind: "CancelRequested", reason: reason ?? requestedBy(ctx.auth.kind) } as const;
  return ctx.transaction(async (tx) => {
    const [decision] = await advance(ctx, tx, [ours(ctx, orderId, request)]);
    if (decision?.refused) {
      const { status } = decision.order;
      throw new Problem("ORDER_NOT_CANCELLABLE", `The order is ${status}.`, { orderStatus: status });
    }
    return { orderId, status: "cancelled" as const };
  });
};

function requestedBy(kind: "anonymous" | "customer" | "staff" | "service"): string {
  return kind === "customer" ? "requested_by_customer" : `requested_by_${kind}`;
}

import { DomainError } from "#lib/contract/errors.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { orders } from "../contract.ts";
import { findOrders } from "../orders.store.ts";
import type { Deps } from "../setup.ts";
import { advanceOrders, ownInput } from "../steps/advance-orders.ts";
import { holdsOrderToken } from "../steps/order-token.ts";

export const cancelOrder: Handler<typeof orders.actions.cancel, Deps> = transactional(
  async (ctx, { orderId, reason }) => {
    const [order] = await findOrders(ctx.db, [orderId]);
    if (!order) throw new DomainError("NOT_FOUND");
    ctx.requireOwner(order.customerId, holdsOrderToken(ctx, orderId));
    const request = { kind: "CancelRequested", reason: reason ?? requestedBy(ctx.auth.kind) } as const;
    return ctx.transaction(async (tx) => {
      const [decision] = await advanceOrders(ctx, tx, [ownInput(ctx, orderId, request)]);
      if (decision?.refused) {
        const { status } = decision.order;
        throw new DomainError("ORDER_NOT_CANCELLABLE", `The order is ${status}.`, { orderStatus: status });
      }
      return { orderId, status: "cancelled" as const };
    });
  },
);

function requestedBy(kind: "anonymous" | "customer" | "staff" | "service"): string {
  // An anonymous caller is the guest who holds the order's token.
  return kind === "customer" || kind === "anonymous" ? "requested_by_customer" : `requested_by_${kind}`;
}

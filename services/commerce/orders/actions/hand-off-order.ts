import type { Env } from "#config/env.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { orders } from "../contract.ts";
import type { OrderStatus } from "../domain/order.ts";
import { findOrders } from "../orders.store.ts";
import type { Deps } from "../setup.ts";
import { advanceOrders, ownInput } from "../steps/advance-orders.ts";

/** The goods have been given to the carrier. With `CAPTURE_ON=handoff` this is what captures the payment. */
export const handOffOrder: Handler<typeof orders.actions.handOff, Deps> = transactional(async (ctx, { orderId }) => {
  if ((await findOrders(ctx.db, [orderId])).length === 0) throw new DomainError("NOT_FOUND");
  return ctx.transaction(async (tx) => {
    const [decision] = await advanceOrders(ctx, tx, [ownInput(ctx, orderId, { kind: "ShipmentDispatched" })]);
    const before = decision?.steps[0]?.from ?? decision?.order.status;
    if (!decision || before === undefined || !mayHandOff(before, ctx.env.CAPTURE_ON)) {
      throw new DomainError("ORDER_NOT_SHIPPABLE", `The order is ${before}.`, { orderStatus: before });
    }
    return { orderId, status: decision.order.status };
  });
});

/** Goods leave when they are paid or, where the hand-off captures the payment, when the payment is authorised. */
function mayHandOff(status: OrderStatus, captureOn: Env["CAPTURE_ON"]): boolean {
  return (
    ["paid", "processing", "shipped", "delivered"].includes(status) ||
    (status === "confirmed" && captureOn === "handoff")
  );
}

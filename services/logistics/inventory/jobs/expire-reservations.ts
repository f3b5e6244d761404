import { chunks } from "#lib/chunks.ts";
import type { CallResult } from "#lib/contract/types.ts";
import { type ServiceContext, type Transactions, transactional } from "#mixins/service/context.ts";
import { every } from "#mixins/service/jobs.ts";
import { orderLimits } from "#services/commerce/orders/contract.ts";
import type { Message } from "../domain/apply-messages.ts";
import { expiredOrders } from "../inventory.store.ts";
import { applyToOrders } from "../steps/apply-messages.ts";

const EVERY_MS = 5_000;

/**
 * Handles expired reservations. Expiry alone releases nothing, because a slow payment may still succeed: the job asks
 * orders first. During an outage of orders nothing happens, and the next run asks again.
 */
export const expireReservations = every(EVERY_MS, "expire-reservations", transactional(sweep));

export async function sweep(ctx: ServiceContext & Transactions): Promise<void> {
  for (const orderIds of chunks(await expiredOrders(ctx.db), orderLimits.ORDERS_PER_CALL)) {
    const { orders } = await ctx.call("orders.statusOf", { orderIds });
    const statusOf = new Map(orders.map((order) => [order.orderId, order.status]));
    const messages = orderIds.map((orderId) => ({
      message: messageFor(orderId, statusOf.get(orderId)),
      cause: ctx.cause,
    }));
    await ctx.transaction((tx) => applyToOrders(ctx, tx, messages));
  }
}

type OrderStatus = CallResult<"orders.statusOf">["orders"][number]["status"];

function messageFor(orderId: string, status: OrderStatus | undefined): Message {
  switch (status) {
    case undefined:
      return { kind: "ended", orderId, reason: "expired: the order is unknown" };
    case "cancelled":
    case "refunded":
      return { kind: "ended", orderId, reason: `expired: the order is ${status}` };
    case "paid":
    case "processing":
    case "shipped":
    case "delivered":
      return { kind: "paid", orderId }; // the event about the payment has not arrived
    case "pending_payment":
    case "confirmed":
      return { kind: "open", orderId };
    default:
      return status satisfies never;
  }
}

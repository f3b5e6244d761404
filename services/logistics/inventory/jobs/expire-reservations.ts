import type { CallResult } from "#lib/contract/types.ts";
import { type ServiceContext, type Transactions, transactional } from "#mixins/service/context.ts";
import { every } from "#mixins/service/jobs.ts";
import { orderLimits } from "#services/commerce/orders/contract.ts";
import type { Message } from "../domain/apply-messages.ts";
import { expiredOrders } from "../inventory.store.ts";
import { apply } from "../steps/apply-messages.ts";

const EVERY_MS = 5_000;

/**
 * Reservations past their time. Time alone releases nothing: a slow payment may still succeed, so orders is asked first.
 * While orders is away nothing happens, and the next run asks again.
 */
export const expireReservations = every(EVERY_MS, "expire-reservations", transactional(sweep));

export async function sweep(ctx: ServiceContext & Transactions): Promise<void> {
  const expired = await expiredOrders(ctx.db);
  for (let from = 0; from < expired.length; from += orderLimits.ORDERS_PER_CALL) {
    const orderIds = expired.slice(from, from + orderLimits.ORDERS_PER_CALL);
    const { orders } = await ctx.call("orders.statusOf", { orderIds });
    const status = new Map(orders.map((order) => [order.orderId, order.status]));
    const news = orderIds.map((orderId) => ({ message: messageFor(orderId, status.get(orderId)), cause: ctx.cause }));
    await ctx.transaction((tx) => apply(ctx, tx, news));
  }
}

type OrderStatus = CallResult<"orders.statusOf">["orders"][number]["status"];

function messageFor(orderId: string, status: OrderStatus | undefined): Message {
  switch (status) {
    case undefined:
      return { kind: "abandoned", orderId, reason: "expired: the order is unknown" };
    case "cancelled":
    case "refunded":
      return { kind: "abandoned", orderId, reason: `expired: the order is ${status}` };
    case "paid":
    case "processing":
    case "shipped":
    case "delivered":
      return { kind: "paid", orderId }; // the news of the payment was lost on the way here
    case "pending_payment":
    case "confirmed":
      return { kind: "wanted", orderId };
    default:
      return status satisfies never;
  }
}

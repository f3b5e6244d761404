import { chunks } from "#lib/chunks.ts";
import type { CallResult } from "#lib/contract/types.ts";
import { type ServiceContext, type Transactions, transactional } from "#mixins/service/context.ts";
import { every } from "#mixins/service/jobs.ts";
import { orderLimits } from "#services/commerce/orders/contract.ts";
import { promotionLimits } from "../domain/limits.ts";
import type { ReservationEvent } from "../domain/reservation.ts";
import { expiredOrders } from "../reservations.store.ts";
import { applyMessages } from "../steps/apply-messages.ts";

/**
 * Handles expired reservations. Expiry alone releases nothing: the event of an order may be late, so orders is asked first.
 * While it is down nothing happens, and the next run asks again.
 */
export const expireReservations = every(promotionLimits.HOLD_SWEEP_MS, "expire-reservations", transactional(sweep));

export async function sweep(ctx: ServiceContext & Transactions): Promise<void> {
  for (const orderIds of chunks(await expiredOrders(ctx.db), orderLimits.ORDERS_PER_CALL)) {
    const { orders } = await ctx.call("orders.statusOf", { orderIds });
    const statusOf = new Map(orders.map(({ orderId, status }) => [orderId, status]));
    const messages = orderIds.map((orderId) => ({ orderId, kind: kindOf(statusOf.get(orderId)) }));
    await ctx.transaction((tx) => applyMessages(tx, messages));
  }
}

type OrderStatus = CallResult<"orders.statusOf">["orders"][number]["status"];

function kindOf(status: OrderStatus | undefined): ReservationEvent {
  switch (status) {
    case undefined:
      return "unknown";
    case "cancelled":
      return "cancelled";
    case "pending_payment":
    case "confirmed":
    case "processing": // where goods are charged when they leave, it is not paid yet
      return "ordered";
    case "paid":
    case "shipped":
    case "delivered":
    case "refunded":
      return "paid";
    default:
      return status satisfies never;
  }
}

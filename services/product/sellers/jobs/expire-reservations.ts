import { chunks } from "#lib/chunks.ts";
import type { CallResult } from "#lib/contract/types.ts";
import { type ServiceContext, type Transactions, transactional } from "#mixins/service/context.ts";
import { every } from "#mixins/service/jobs.ts";
import { orderLimits } from "#services/commerce/orders/contract.ts";
import { sellerLimits } from "../domain/limits.ts";
import type { PiecesEvent } from "../domain/pieces.ts";
import { expiredOrders } from "../pieces.store.ts";
import { applyPieces } from "../steps/apply-pieces.ts";

/**
 * Handles expired reservations. Expiry alone releases nothing: the event of an order may be late, so orders is asked first.
 * While it is down nothing happens, and the next run asks again.
 */
export const expireReservations = every(sellerLimits.PIECES_SWEEP_MS, "expire-reservations", transactional(sweep));

export async function sweep(ctx: ServiceContext & Transactions): Promise<void> {
  for (const orderIds of chunks(await expiredOrders(ctx.db), orderLimits.ORDERS_PER_CALL)) {
    const { orders } = await ctx.call("orders.statusOf", { orderIds });
    const statusOf = new Map(orders.map(({ orderId, status }) => [orderId, status]));
    const events = orderIds.map((orderId) => ({ orderId, event: eventOf(statusOf.get(orderId)) }));
    await ctx.transaction((tx) => applyPieces(ctx, tx, events));
  }
}

type OrderStatus = CallResult<"orders.statusOf">["orders"][number]["status"];

/** That the order is paid, its own event says, which brings the money with it. */
function eventOf(status: OrderStatus | undefined): PiecesEvent {
  if (status === undefined) return "unknown";
  return status === "cancelled" ? "cancelled" : "ordered";
}

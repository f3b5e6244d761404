import type { CallResult } from "#lib/contract/types.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { every } from "#mixins/service/jobs.ts";
import { orderLimits } from "#services/commerce/orders/contract.ts";
import { addPaidOrders, attemptsToTrust } from "../customers.store.ts";
import { fraudLimits } from "../domain/limits.ts";

/**
 * Counts the paid orders of customers. It asks orders about many at once a day later, which costs an order nothing: an event
 * for each paid order would cost as much as its assessment. An id from a clock that is wrong may pass by those before it;
 * then an order does not count for its customer.
 */
export const trustCustomers = every(fraudLimits.TRUST_EVERY_MS, "trust-customers", countPaid);

export async function countPaid(ctx: Pick<ServiceContext, "db" | "call">): Promise<void> {
  for (let batch = 0; batch < fraudLimits.TRUST_BATCHES; batch++) {
    const attempts = await attemptsToTrust(ctx.db, orderLimits.ORDERS_PER_CALL);
    const [first] = attempts;
    const last = attempts.at(-1);
    if (!first || !last) return;
    const { orders } = await ctx.call("orders.statusOf", { orderIds: attempts.map(({ orderId }) => orderId) });
    const paid = new Set(orders.filter(({ status }) => isPaid(status)).map(({ orderId }) => orderId));
    const customers = attempts.filter(({ orderId }) => paid.has(orderId)).map(({ customerId }) => customerId);
    const place = { from: first.orderId, to: last.orderId };
    const counted = await addPaidOrders(ctx.db, customers, place);
    if (!counted || attempts.length < orderLimits.ORDERS_PER_CALL) return;
  }
}

type OrderStatus = CallResult<"orders.statusOf">["orders"][number]["status"];

function isPaid(status: OrderStatus): boolean {
  return ["paid", "processing", "shipped", "delivered"].includes(status);
}

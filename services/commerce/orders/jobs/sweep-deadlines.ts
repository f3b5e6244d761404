import { limits } from "#config/limits.ts";
import { type ServiceContext, type Transactions, transactional } from "#mixins/service/context.ts";
import { every } from "#mixins/service/jobs.ts";
import { orderLimits } from "../domain/limits.ts";
import { lockOverdue } from "../orders.store.ts";
import { advanceOrders, ownInput } from "../steps/advance-orders.ts";

const ORDERS_PER_LOG_LINE = 10;

/**
 * Handles orders that are past their deadline, also when the node that worked on them has crashed. It cancels an order
 * that nobody has paid. An order that is paid in part or in full waits on, in the log and in its history, because people
 * have to decide what happens to it.
 */
export const sweepDeadlines = every(orderLimits.DEADLINE_SWEEP_MS, "sweep-deadlines", transactional(sweep));

export async function sweep(
  ctx: Pick<ServiceContext, "env" | "signal" | "log" | "cause" | "node"> & Transactions,
): Promise<void> {
  for (let batch = 0; batch < orderLimits.DEADLINE_SWEEP_BATCHES; batch++) {
    const decisions = await ctx.transaction(async (tx) => {
      const orderIds = await lockOverdue(tx, limits.SWEEP_ROWS);
      const inputs = orderIds.map((orderId) => ownInput(ctx, orderId, { kind: "DeadlinePassed" }));
      return advanceOrders(ctx, tx, inputs);
    });
    const overdue = decisions.filter((decision) => decision.overdue).map(({ order }) => order);
    if (overdue.length > 0) {
      const orders = overdue.slice(0, ORDERS_PER_LOG_LINE).map(({ orderId, status }) => `${orderId} (${status})`);
      ctx.log.warn("Orders are past their deadline and need an operator.", { count: overdue.length, orders });
    }
    if (decisions.length < limits.SWEEP_ROWS) return;
  }
}

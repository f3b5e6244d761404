import { limits } from "#config/limits.ts";
import { type ServiceContext, type Transactions, transactional } from "#mixins/service/context.ts";
import { every } from "#mixins/service/jobs.ts";
import { lockOverdue } from "../orders.store.ts";
import { advance, ours } from "../steps/advance-orders.ts";

const EVERY_MS = 5_000;
const BITES = 20; // per run: after an outage 2,000 orders a second, without a transaction that locks them all
const NAMED_IN_LOG = 10;

/**
 * Acts on orders that are past their deadline, whatever crashed meanwhile. An order nobody paid is cancelled; one that
 * has been paid for in part or in full waits on, in the log and in its history: what time alone cannot decide, people do.
 */
export const sweepDeadlines = every(EVERY_MS, "sweep-deadlines", transactional(sweep));

export async function sweep(
  ctx: Pick<ServiceContext, "env" | "signal" | "log" | "cause" | "node"> & Transactions,
): Promise<void> {
  for (let bite = 0; bite < BITES; bite++) {
    const decisions = await ctx.transaction(async (tx) => {
      const orderIds = await lockOverdue(tx, limits.SWEEP_ROWS);
      return advance(
        ctx,
        tx,
        orderIds.map((orderId) => ours(ctx, orderId, { kind: "DeadlinePassed" })),
      );
    });
    const overdue = decisions.filter((decision) => decision.overdue).map(({ order }) => order);
    if (overdue.length > 0) {
      const orders = overdue.slice(0, NAMED_IN_LOG).map(({ orderId, status }) => `${orderId} (${status})`);
      ctx.log.warn("Orders wait longer than they should.", { count: overdue.length, orders });
    }
    if (decisions.length < limits.SWEEP_ROWS) return;
  }
}

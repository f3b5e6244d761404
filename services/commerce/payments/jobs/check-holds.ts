import { type ServiceContext, type Transactions, transactional } from "#mixins/service/context.ts";
import { every } from "#mixins/service/jobs.ts";
import { orderLimits } from "#services/commerce/orders/contract.ts";
import { messageForLongHold, type OrderStatus } from "../domain/hold.ts";
import { findLongHeld, recordHoldCheck } from "../payments.store.ts";
import type { PaymentsDeps } from "../setup.ts";
import { applyMessages } from "../steps/apply-messages.ts";

const EVERY_MS = 5_000;

type Context = Pick<ServiceContext<PaymentsDeps>, "db" | "deps" | "env" | "cause" | "call"> & Transactions;

/**
 * Money may be held for long because the event of its order's end or confirmation never arrived. Time alone decides
 * nothing, because a shop may capture days later, so orders is asked first. While orders is down nothing happens, and the
 * next run asks again.
 */
export const checkHolds = every<PaymentsDeps>(EVERY_MS, "check-holds", transactional(checkLongHolds));

export async function checkLongHolds(ctx: Context): Promise<void> {
  const held = await findLongHeld(ctx.db);
  for (let from = 0; from < held.length; from += orderLimits.ORDERS_PER_CALL) {
    const orderIds = held.slice(from, from + orderLimits.ORDERS_PER_CALL);
    const { orders } = await ctx.call("orders.statusOf", { orderIds });
    await applyStatuses(ctx, orderIds, new Map(orders.map((order) => [order.orderId, order.status])));
  }
}

async function applyStatuses(ctx: Context, orderIds: readonly string[], status: ReadonlyMap<string, OrderStatus>) {
  const messages = orderIds.flatMap((orderId) => messageForLongHold(orderId, status.get(orderId)) ?? []);
  await ctx.transaction(async (tx) => {
    const caused = messages.map((message) => ({ message, cause: ctx.cause }));
    if (caused.length > 0) await applyMessages(ctx, tx, caused);
    await recordHoldCheck(tx, orderIds);
  });
}

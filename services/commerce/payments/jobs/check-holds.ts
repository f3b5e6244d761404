import { type ServiceContext, type Transactions, transactional } from "#mixins/service/context.ts";
import { every } from "#mixins/service/jobs.ts";
import { orderLimits } from "#services/commerce/orders/contract.ts";
import type { PaymentsDeps } from "../deps.ts";
import { type OrderStatus, overdueInput } from "../domain/hold.ts";
import { decideAll } from "../operations/decide-all.ts";
import { seeCancelled } from "../payable.store.ts";
import { findLongHeld, lockLivePayments, noteAsked } from "../payments.store.ts";

const EVERY_MS = 5_000;

type Context = Pick<ServiceContext<PaymentsDeps>, "db" | "deps" | "env" | "cause" | "call"> & Transactions;

/**
 * Money held for long: the news of its order's end or confirmation may never have arrived. Time alone decides nothing,
 * because a shop may capture days later, so orders is asked first. While orders is away nothing happens, and the next
 * run asks again.
 */
export const checkHolds = every<PaymentsDeps>(EVERY_MS, "check-holds", transactional(sweep));

export async function sweep(ctx: Context): Promise<void> {
  const held = await findLongHeld(ctx.db);
  for (let from = 0; from < held.length; from += orderLimits.ORDERS_PER_CALL) {
    const orderIds = held.slice(from, from + orderLimits.ORDERS_PER_CALL);
    const { orders } = await ctx.call("orders.statusOf", { orderIds });
    await follow(ctx, orderIds, new Map(orders.map((order) => [order.orderId, order.status])));
  }
}

async function follow(ctx: Context, orderIds: readonly string[], status: ReadonlyMap<string, OrderStatus>) {
  const inputs = new Map(
    orderIds.flatMap((orderId) => {
      const input = overdueInput(status.get(orderId), ctx.env.CAPTURE_ON);
      return input ? [[orderId, input] as const] : [];
    }),
  );
  await ctx.transaction(async (tx) => {
    await seeCancelled(
      tx,
      [...inputs].flatMap(([orderId, input]) => (input.kind === "cancel" ? [{ orderId, reason: input.reason }] : [])),
    );
    const payments = await lockLivePayments(tx, orderIds);
    noteAsked(
      tx,
      payments.map(({ paymentId }) => paymentId),
    );
    await decideAll({ ...ctx, tx }, payments, new Map(), (orderId) => inputs.get(orderId));
  });
}

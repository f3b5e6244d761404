import { causedBy } from "#lib/events/envelope.ts";
import { onBatch } from "#mixins/service/consumers.ts";
import type { PaymentsDeps } from "../deps.ts";
import { decideAll } from "../operations/decide-all.ts";
import { seeCancelled } from "../payable.store.ts";
import { lockPayments } from "../payments.store.ts";

/**
 * Gives back what is held or taken. With an operation in flight the wish is kept and followed when that has ended; with
 * nothing known of the order, a tombstone keeps it from ever being charged.
 */
export const orderCancelled = onBatch<"orders.OrderCancelled", PaymentsDeps>(
  "orders.OrderCancelled",
  async (ctx, events) => {
    const causes = new Map(events.map((event) => [event.data.orderId, causedBy(event)]));
    const reasons = new Map(events.map(({ data }) => [data.orderId, data.reason]));
    const payables = await seeCancelled(
      ctx.tx,
      [...reasons].map(([orderId, reason]) => ({ orderId, reason })),
    );
    const paymentIds = payables.map(({ paymentId }) => paymentId).filter((id) => id !== null);
    if (paymentIds.length === 0) return;
    const payments = await lockPayments(ctx.tx, paymentIds);
    await decideAll(ctx, payments, causes, (orderId) => ({
      kind: "cancel",
      reason: reasons.get(orderId) ?? "cancelled",
    }));
  },
);

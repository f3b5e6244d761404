import { causedBy } from "#lib/events/envelope.ts";
import { onBatch } from "#mixins/service/consumers.ts";
import { recordCancelled } from "../payables.store.ts";
import { lockPayments } from "../payments.store.ts";
import type { PaymentsDeps } from "../setup.ts";
import { decidePayments } from "../steps/decide-payments.ts";

/**
 * Returns the money that is held or captured. If an operation is in flight, this becomes the payment's goal until the
 * operation has ended. If the order is not known yet, a tombstone prevents that it is ever charged.
 */
export const orderCancelled = onBatch<"orders.OrderCancelled", PaymentsDeps>(
  "orders.OrderCancelled",
  async (ctx, events) => {
    const causes = new Map(events.map((event) => [event.data.orderId, causedBy(event)]));
    const reasons = new Map(events.map(({ data }) => [data.orderId, data.reason]));
    const payables = await recordCancelled(
      ctx.tx,
      [...reasons].map(([orderId, reason]) => ({ orderId, reason })),
    );
    const paymentIds = payables.map(({ paymentId }) => paymentId).filter((id) => id !== null);
    if (paymentIds.length === 0) return;
    const payments = await lockPayments(ctx.tx, paymentIds);
    await decidePayments(ctx, payments, causes, (orderId) => ({
      kind: "cancel",
      reason: reasons.get(orderId) ?? "cancelled",
    }));
  },
);

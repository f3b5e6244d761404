import { causedBy } from "#lib/events/envelope.ts";
import { onBatch } from "#mixins/service/consumers.ts";
import { lockLivePayments } from "../payments.store.ts";
import type { PaymentsDeps } from "../setup.ts";
import { decidePayments } from "../steps/decide-payments.ts";

/** Captures the money of a confirmed order, unless the shop captures at the hand-off. */
export const orderConfirmed = onBatch<"orders.OrderConfirmed", PaymentsDeps>(
  "orders.OrderConfirmed",
  async (ctx, events) => {
    if (ctx.env.CAPTURE_ON !== "confirmation") return;
    const causes = new Map(events.map((event) => [event.data.orderId, causedBy(event)]));
    const payments = await lockLivePayments(ctx.tx, [...causes.keys()]);
    await decidePayments(ctx, payments, causes, () => ({ kind: "captureAll" }));
  },
);

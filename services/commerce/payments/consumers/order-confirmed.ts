import { causedBy } from "../../../../mixins/events/outbox.ts";
import { onBatch } from "../../../../mixins/service.ts";
import type { PaymentsDeps } from "../deps.ts";
import { decideAll } from "../operations/decide-all.ts";
import { lockLivePayments } from "../payment.store.ts";

/** The order stands: take the money, unless the shop does so at hand-off. */
export const orderConfirmed = onBatch<"orders.OrderConfirmed", PaymentsDeps>(
  "orders.OrderConfirmed",
  async (ctx, events) => {
    if (ctx.env.CAPTURE_ON !== "confirmation") return;
    const causes = new Map(events.map((event) => [event.data.orderId, causedBy(event)]));
    const payments = await lockLivePayments(ctx.tx, [...causes.keys()]);
    await decideAll(ctx, payments, causes, () => ({ kind: "captureAll" }));
  },
);

import { causedBy } from "#lib/events/envelope.ts";
import { onBatch } from "#mixins/service/consumers.ts";
import type { PaymentsDeps } from "../deps.ts";
import { decideAll } from "../operations/decide-all.ts";
import { lockLivePayments } from "../payments.store.ts";

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

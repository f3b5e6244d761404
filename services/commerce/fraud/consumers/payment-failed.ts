import { onBatch } from "#mixins/service/consumers.ts";
import { markDeclined } from "../attempts.store.ts";

/** Somebody who tries stolen cards has many payments declined. */
export const paymentFailed = onBatch(
  "payments.PaymentFailed",
  ({ tx }, events) => markDeclined(tx, [...new Set(events.map(({ data }) => data.orderId))].sort()),
  { canWait: true },
);

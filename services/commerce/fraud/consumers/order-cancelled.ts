import { onBatch } from "#mixins/service/consumers.ts";
import { closeReviews } from "../reviews.store.ts";

/** Nothing is left to decide about an order that was cancelled while it was under review. */
export const orderCancelled = onBatch(
  "orders.OrderCancelled",
  ({ tx }, events) =>
    closeReviews(
      tx,
      events.map(({ data }) => data),
    ),
  { where: { underReview: [true] } },
);

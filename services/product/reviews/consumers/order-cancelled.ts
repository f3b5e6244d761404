import { noteOn } from "../steps/note-purchases.ts";

/** Who never paid, or got the money back before anything was sent, has bought nothing. */
export const orderCancelled = noteOn(
  "orders.OrderCancelled",
  ({ orderId, customerId }) => ({ orderId, customerId, cancelled: true }),
  { canWait: true },
);

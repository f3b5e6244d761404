import { payableConsumer } from "../steps/apply-messages.ts";

/** Returns the money that is held or captured. */
export const orderCancelled = payableConsumer("orders.OrderCancelled", ({ orderId, reason }) => ({
  kind: "cancelled",
  orderId,
  reason,
}));

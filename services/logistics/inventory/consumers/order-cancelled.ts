import { reservationConsumer } from "../steps/apply-messages.ts";

export const orderCancelled = reservationConsumer("orders.OrderCancelled", ({ orderId, reason }) => ({
  kind: "cancelled",
  orderId,
  reason: reason ?? "cancelled",
}));

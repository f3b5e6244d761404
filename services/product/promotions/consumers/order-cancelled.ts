import { reservationConsumer } from "../steps/apply-messages.ts";

export const orderCancelled = reservationConsumer("orders.OrderCancelled", ({ orderId }) => ({
  message: { kind: "cancelled", orderId },
}));

import { reservationConsumer } from "../steps/apply-messages.ts";

export const orderCreated = reservationConsumer("orders.OrderCreated", ({ orderId, items }) => ({
  kind: "created",
  orderId,
  lines: items,
}));

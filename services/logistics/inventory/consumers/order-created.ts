import { reservationConsumer } from "../steps/apply-messages.ts";

export const orderCreated = reservationConsumer("orders.OrderCreated", ({ orderId, items }) => ({
  kind: "created",
  orderId,
  lines: items.filter(({ sellerId }) => sellerId === undefined), // sellers keep the stock of their offers
}));

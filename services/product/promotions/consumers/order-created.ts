import { reservationConsumer } from "../steps/apply-messages.ts";

/** What is reserved for an order that exists does not expire. Nothing is reserved for one without discounts. */
export const orderCreated = reservationConsumer(
  "orders.OrderCreated",
  ({ orderId }) => ({ message: { kind: "ordered", orderId } }),
  { where: { discounts: { not: [null] } }, canWait: true },
);

import { reservationConsumer } from "../steps/apply-messages.ts";

/** What is reserved for an order that exists does not expire. */
export const orderCreated = reservationConsumer(
  "orders.OrderCreated",
  ({ orderId }) => ({ message: { kind: "ordered", orderId } }),
  { canWait: true },
);

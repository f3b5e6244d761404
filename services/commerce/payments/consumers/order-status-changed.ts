import { payableConsumer } from "../steps/apply-messages.ts";

/** Captures the money of a confirmed order. A cancellation has an event of its own. */
export const orderStatusChanged = payableConsumer(
  "orders.OrderStatusChanged",
  ({ orderId }) => ({ kind: "confirmed", orderId }),
  { where: { newStatus: ["confirmed"] } },
);

import { payableConsumer } from "../steps/apply-messages.ts";

/** Captures the money of a confirmed order, or of one whose goods have left. A cancellation has an event of its own. */
export const orderStatusChanged = payableConsumer(
  "orders.OrderStatusChanged",
  ({ orderId, newStatus }) => ({ kind: newStatus === "shipped" ? "handedOff" : "confirmed", orderId }),
  { where: { newStatus: ["confirmed", "shipped"] } },
);

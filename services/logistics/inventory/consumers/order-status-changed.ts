import { moves } from "../steps/apply-messages.ts";

/** Of all changes of status only the payment moves stock: cancellation comes as an event of its own. */
export const orderStatusChanged = moves("orders.OrderStatusChanged", ({ orderId, newStatus }) =>
  newStatus === "paid" ? { kind: "paid", orderId } : undefined,
);

import { reservationConsumer } from "../steps/apply-messages.ts";

/** The only change of status that matters here is the payment. A cancellation has an event of its own. */
export const orderStatusChanged = reservationConsumer("orders.OrderStatusChanged", ({ orderId, newStatus }) =>
  newStatus === "paid" ? { kind: "paid", orderId } : undefined,
);

import { reservationConsumer } from "../steps/apply-messages.ts";

/** The only change of status that matters here is the payment. A cancellation has an event of its own. */
export const orderStatusChanged = reservationConsumer(
  "orders.OrderStatusChanged",
  ({ orderId }) => ({ kind: "paid", orderId }),
  { where: { newStatus: ["paid"] }, canWait: true }, // the reservation holds the pieces until then
);

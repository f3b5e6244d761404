import { messageOf } from "../domain/order-change.ts";
import { reservationConsumer } from "../steps/apply-messages.ts";

/** A cancellation has an event of its own. */
export const orderStatusChanged = reservationConsumer(
  "orders.OrderStatusChanged",
  messageOf,
  { where: { newStatus: ["paid", "shipped", "refunded"] }, canWait: true }, // the reservation holds the pieces until then
);

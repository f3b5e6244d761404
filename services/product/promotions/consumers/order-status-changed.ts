import { reservationConsumer } from "../steps/apply-messages.ts";

/** Where goods are charged when they leave, `shipped` comes without `paid`. */
export const orderStatusChanged = reservationConsumer(
  "orders.OrderStatusChanged",
  ({ orderId, customerId }) => ({ message: { kind: "paid", orderId }, payer: customerId }),
  { where: { newStatus: ["paid", "shipped"] }, canWait: true },
);

import { soldConsumer } from "../steps/sold-consumer.ts";

/** Where goods are charged when they leave, `shipped` comes without `paid`. */
export const orderStatusChanged = soldConsumer(
  "orders.OrderStatusChanged",
  ({ orderId }) => ({ kind: "paid", orderId }),
  { where: { newStatus: ["paid", "shipped"] }, canWait: true },
);

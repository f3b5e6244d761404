import { noteOn } from "../steps/note-purchases.ts";

export const orderStatusChanged = noteOn(
  "orders.OrderStatusChanged",
  ({ orderId, customerId }) => ({ orderId, customerId, paid: true }),
  { where: { newStatus: ["paid", "shipped"] }, canWait: true }, // with CAPTURE_ON=handoff an order is paid when it is shipped,
);

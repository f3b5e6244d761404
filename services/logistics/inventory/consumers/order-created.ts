import { moves } from "../steps/apply-messages.ts";

export const orderCreated = moves("orders.OrderCreated", ({ orderId, items }) => ({
  kind: "created",
  orderId,
  lines: items,
}));

import { moves } from "../apply.ts";

export const orderCreated = moves("orders.OrderCreated", ({ orderId, items }) => ({
  kind: "created",
  orderId,
  lines: items,
}));

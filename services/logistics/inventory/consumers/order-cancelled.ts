import { moves } from "../steps/apply-messages.ts";

export const orderCancelled = moves("orders.OrderCancelled", ({ orderId, reason }) => ({
  kind: "cancelled",
  orderId,
  reason: reason ?? "cancelled",
}));

import { noteOn } from "../steps/note-purchases.ts";

export const orderCreated = noteOn(
  "orders.OrderCreated",
  ({ orderId, customerId, items }) => ({
    ...{ orderId, customerId },
    productIds: [...new Set(items.map(({ productId }) => productId))],
  }),
  { canWait: true },
);

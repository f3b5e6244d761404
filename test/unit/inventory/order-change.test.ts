import { expect, test } from "@jest/globals";
import { messageOf } from "#services/logistics/inventory/domain/order-change.ts";

const orderId = "ord_1";

test.each([
  ["confirmed", "paid", "paid"],
  ["confirmed", "shipped", "paid"], // paid at the hand-off
  ["paid", "refunded", "cancelled"],
  ["processing", "refunded", "cancelled"],
  ["shipped", "refunded", "paid"], // the pieces are with the customer
  ["delivered", "refunded", "paid"],
] as const)("an order that goes from %s to %s is %s to its pieces", (previousStatus, newStatus, kind) => {
  expect(messageOf({ orderId, previousStatus, newStatus })).toMatchObject({ orderId, kind });
});

import { payableConsumer } from "../steps/apply-messages.ts";

/** The stock is reserved, so the payment may begin. */
export const inventoryReserved = payableConsumer("inventory.InventoryReserved", ({ orderId }) => ({
  kind: "reserved",
  orderId,
}));

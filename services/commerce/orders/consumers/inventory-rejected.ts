import { advances } from "../steps/advance-orders.ts";

export const inventoryRejected = advances("inventory.InventoryRejected", ({ reason }) => ({
  kind: "InventoryRejected",
  reason,
}));

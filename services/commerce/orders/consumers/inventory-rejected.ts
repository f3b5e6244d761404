import { advanceOn } from "../steps/advance-orders.ts";

export const inventoryRejected = advanceOn("inventory.InventoryRejected", ({ reason }) => ({
  kind: "InventoryRejected",
  reason,
}));

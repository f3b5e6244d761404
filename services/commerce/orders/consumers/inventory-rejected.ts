import { advances } from "../advance-orders.ts";

export const inventoryRejected = advances("inventory.InventoryRejected", ({ reason }) => ({
  kind: "InventoryRejected",
  reason,
}));

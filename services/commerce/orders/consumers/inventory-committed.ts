import { advances } from "../advance-orders.ts";

export const inventoryCommitted = advances("inventory.InventoryCommitted", () => ({ kind: "InventoryCommitted" }));

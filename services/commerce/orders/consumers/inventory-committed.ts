import { advances } from "../steps/advance-orders.ts";

export const inventoryCommitted = advances("inventory.InventoryCommitted", () => ({ kind: "InventoryCommitted" }));

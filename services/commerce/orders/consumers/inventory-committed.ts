import { advanceOn } from "../steps/advance-orders.ts";

export const inventoryCommitted = advanceOn("inventory.InventoryCommitted", () => ({ kind: "InventoryCommitted" }));

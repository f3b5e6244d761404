import { advanceOn } from "../steps/advance-orders.ts";

export const inventoryReleased = advanceOn("inventory.InventoryReleased", () => ({ kind: "InventoryReleased" }));

import { advanceOn } from "../steps/advance-orders.ts";

export const inventoryReserved = advanceOn("inventory.InventoryReserved", () => ({ kind: "InventoryReserved" }));

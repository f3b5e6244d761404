import { advances } from "../steps/advance-orders.ts";

export const inventoryReleased = advances("inventory.InventoryReleased", () => ({ kind: "InventoryReleased" }));

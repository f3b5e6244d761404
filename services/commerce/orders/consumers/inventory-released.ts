import { advances } from "../advance-orders.ts";

export const inventoryReleased = advances("inventory.InventoryReleased", () => ({ kind: "InventoryReleased" }));

import { advances } from "../steps/advance-orders.ts";

export const inventoryReserved = advances("inventory.InventoryReserved", () => ({ kind: "InventoryReserved" }));

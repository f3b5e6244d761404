import { advances } from "../advance-orders.ts";

export const inventoryReserved = advances("inventory.InventoryReserved", () => ({ kind: "InventoryReserved" }));

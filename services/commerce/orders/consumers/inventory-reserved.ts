import { advanceOn } from "../steps/advance-orders.ts";

/** Only noted: payments consumes the event as well, and authorises. */
export const inventoryReserved = advanceOn("inventory.InventoryReserved", () => ({ kind: "InventoryReserved" }), {
  canWait: true,
});

import { advanceOn } from "../steps/advance-orders.ts";

/** Only noted. */
export const inventoryCommitted = advanceOn("inventory.InventoryCommitted", () => ({ kind: "InventoryCommitted" }), {
  canWait: true,
});

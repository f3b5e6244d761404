import { advanceOn } from "../steps/advance-orders.ts";

/** A dispute is part of the history of its order. */
export const disputeOpened = advanceOn("payments.DisputeOpened", () => ({ kind: "DisputeOpened" }));

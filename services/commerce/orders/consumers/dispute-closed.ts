import { advanceOn } from "../steps/advance-orders.ts";

export const disputeClosed = advanceOn("payments.DisputeClosed", () => ({ kind: "DisputeClosed" }));

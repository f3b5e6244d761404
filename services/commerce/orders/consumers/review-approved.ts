import { advanceOn } from "../steps/advance-orders.ts";

/** The order is charged now, so the time for its payment begins. */
export const reviewApproved = advanceOn("fraud.ReviewApproved", () => ({ kind: "ReviewApproved" }));

import { advanceOn } from "../steps/advance-orders.ts";

export const reviewRejected = advanceOn("fraud.ReviewRejected", () => ({ kind: "ReviewRejected" }));

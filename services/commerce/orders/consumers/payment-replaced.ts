import { advanceOn } from "../steps/advance-orders.ts";

export const paymentReplaced = advanceOn("payments.PaymentReplaced", () => ({ kind: "PaymentReplaced" }));

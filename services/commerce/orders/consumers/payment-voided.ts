import { advanceOn } from "../steps/advance-orders.ts";

export const paymentVoided = advanceOn("payments.PaymentVoided", () => ({ kind: "PaymentVoided" }));

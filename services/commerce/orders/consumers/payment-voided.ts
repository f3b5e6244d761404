import { advances } from "../steps/advance-orders.ts";

export const paymentVoided = advances("payments.PaymentVoided", () => ({ kind: "PaymentVoided" }));

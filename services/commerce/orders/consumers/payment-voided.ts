import { advances } from "../advance-orders.ts";

export const paymentVoided = advances("payments.PaymentVoided", () => ({ kind: "PaymentVoided" }));

import { advances } from "../steps/advance-orders.ts";

export const paymentFailed = advances("payments.PaymentFailed", ({ errorCode }) => ({
  kind: "PaymentFailed",
  errorCode,
}));

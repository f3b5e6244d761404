import { advances } from "../advance-orders.ts";

export const paymentFailed = advances("payments.PaymentFailed", ({ errorCode }) => ({
  kind: "PaymentFailed",
  errorCode,
}));

import { advanceOn } from "../steps/advance-orders.ts";

export const paymentFailed = advanceOn("payments.PaymentFailed", ({ errorCode }) => ({
  kind: "PaymentFailed",
  errorCode,
}));

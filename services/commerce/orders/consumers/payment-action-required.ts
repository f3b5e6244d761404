import { advances } from "../steps/advance-orders.ts";

export const paymentActionRequired = advances("payments.PaymentActionRequired", () => ({
  kind: "PaymentActionRequired",
}));

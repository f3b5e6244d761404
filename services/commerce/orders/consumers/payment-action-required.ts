import { advances } from "../advance-orders.ts";

export const paymentActionRequired = advances("payments.PaymentActionRequired", () => ({
  kind: "PaymentActionRequired",
}));

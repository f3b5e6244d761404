import { advanceOn } from "../steps/advance-orders.ts";

export const paymentActionRequired = advanceOn("payments.PaymentActionRequired", () => ({
  kind: "PaymentActionRequired",
}));

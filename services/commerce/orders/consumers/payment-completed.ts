import { toMinor } from "../../../../mixins/money.ts";
import { advances } from "../advance-orders.ts";

export const paymentCompleted = advances("payments.PaymentCompleted", ({ totalCaptured, currency }) => ({
  kind: "PaymentCompleted",
  totalMinor: toMinor(totalCaptured, currency),
  currency,
}));

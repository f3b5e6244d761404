import { toMinor } from "#lib/contract/money.ts";
import { advances } from "../steps/advance-orders.ts";

export const paymentCompleted = advances("payments.PaymentCompleted", ({ totalCaptured, currency }) => ({
  kind: "PaymentCompleted",
  totalMinor: toMinor(totalCaptured, currency),
  currency,
}));

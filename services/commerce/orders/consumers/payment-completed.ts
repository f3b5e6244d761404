import { toMinor } from "#lib/contract/money.ts";
import { advanceOn } from "../steps/advance-orders.ts";

export const paymentCompleted = advanceOn("payments.PaymentCompleted", ({ totalCaptured, currency }) => ({
  kind: "PaymentCompleted",
  totalMinor: toMinor(totalCaptured, currency),
  currency,
}));

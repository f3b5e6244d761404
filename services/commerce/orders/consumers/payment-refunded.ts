import { toMinor } from "#lib/contract/money.ts";
import { advances } from "../steps/advance-orders.ts";

export const paymentRefunded = advances("payments.PaymentRefunded", ({ totalRefunded, currency }) => ({
  kind: "PaymentRefunded",
  totalMinor: toMinor(totalRefunded, currency),
  currency,
}));

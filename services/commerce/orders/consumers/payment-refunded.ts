import { toMinor } from "#lib/contract/money.ts";
import { advanceOn } from "../steps/advance-orders.ts";

export const paymentRefunded = advanceOn("payments.PaymentRefunded", ({ totalRefunded, currency }) => ({
  kind: "PaymentRefunded",
  totalMinor: toMinor(totalRefunded, currency),
  currency,
}));

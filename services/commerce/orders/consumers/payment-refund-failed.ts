import { toMinor } from "#lib/contract/money.ts";
import { advanceOn } from "../steps/advance-orders.ts";

export const paymentRefundFailed = advanceOn("payments.PaymentRefundFailed", ({ totalRefunded, currency }) => ({
  kind: "PaymentRefundFailed",
  totalMinor: toMinor(totalRefunded, currency),
  currency,
}));

import { toMinor } from "#lib/contract/money.ts";
import { advanceOn } from "../steps/advance-orders.ts";

export const paymentAuthorized = advanceOn("payments.PaymentAuthorized", ({ amount, currency }) => ({
  kind: "PaymentAuthorized",
  amountMinor: toMinor(amount, currency),
  currency,
}));

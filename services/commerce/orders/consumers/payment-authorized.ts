import { toMinor } from "#lib/contract/money.ts";
import { advances } from "../steps/advance-orders.ts";

export const paymentAuthorized = advances("payments.PaymentAuthorized", ({ amount, currency }) => ({
  kind: "PaymentAuthorized",
  amountMinor: toMinor(amount, currency),
  currency,
}));

import { toMinor } from "../../../../mixins/money.ts";
import { advances } from "../advance-orders.ts";

export const paymentAuthorized = advances("payments.PaymentAuthorized", ({ amount, currency }) => ({
  kind: "PaymentAuthorized",
  amountMinor: toMinor(amount, currency),
  currency,
}));

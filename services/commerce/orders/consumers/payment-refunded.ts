import { toMinor } from "../../../../mixins/money.ts";
import { advances } from "../advance-orders.ts";

export const paymentRefunded = advances("payments.PaymentRefunded", ({ totalRefunded, currency }) => ({
  kind: "PaymentRefunded",
  totalMinor: toMinor(totalRefunded, currency),
  currency,
}));

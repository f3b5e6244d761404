import { toMinor } from "#lib/contract/money.ts";
import { noteOn } from "../steps/note-facts.ts";

export const paymentCompleted = noteOn(
  "payments.PaymentCompleted",
  ({ orderId, currency, totalCaptured }) => ({
    kind: "captured",
    orderId,
    currency,
    totalMinor: toMinor(totalCaptured, currency),
  }),
  { canWait: true },
);

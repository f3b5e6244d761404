import { toMinor } from "#lib/contract/money.ts";
import { noteOn } from "../steps/note-facts.ts";

export const paymentRefunded = noteOn(
  "payments.PaymentRefunded",
  ({ orderId, refundId, currency, totalRefunded, tenders = [] }) => ({
    kind: "refunded",
    orderId,
    refundId,
    currency,
    totalMinor: toMinor(totalRefunded, currency),
    tenders: tenders.map(({ type, amount }) => ({ type, amountMinor: toMinor(amount, currency) })),
  }),
  { canWait: true },
);

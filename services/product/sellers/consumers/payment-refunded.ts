import { toMinor } from "#lib/contract/money.ts";
import { soldConsumer } from "../steps/sold-consumer.ts";

/** Sellers give back their shares of what customers get back. */
export const paymentRefunded = soldConsumer(
  "payments.PaymentRefunded",
  ({ orderId, totalRefunded, currency }) => ({
    kind: "refunded",
    orderId,
    refundedMinor: toMinor(totalRefunded, currency),
  }),
  { canWait: true },
);

import { toMinor } from "#lib/contract/money.ts";
import type { EventData } from "#lib/contract/types.ts";
import type { Tender } from "../domain/tender.ts";
import { payableConsumer } from "../steps/apply-messages.ts";

/** The order can be paid from now on. */
export const orderCreated = payableConsumer(
  "orders.OrderCreated",
  ({
    orderId,
    customerId,
    totalAmount,
    currency,
    paymentMethodId,
    country = null,
    tenders = [],
    underReview = false,
  }) => ({
    kind: "created",
    orderId,
    created: {
      customerId,
      amountMinor: toMinor(totalAmount, currency),
      currency,
      paymentMethodId,
      country,
      tenders: tenders.map((tender) => tenderOf(tender, currency)),
      underReview,
    },
  }),
  { canWait: true }, // the payment begins when the stock is reserved
);

type SentTender = NonNullable<EventData<"orders.OrderCreated">["tenders"]>[number];

function tenderOf({ type, giftCardId, amount }: SentTender, currency: string): Tender {
  const amountMinor = toMinor(amount, currency);
  if (type === "storeCredit") return { type, amountMinor };
  if (giftCardId === undefined) throw new Error("A tender names no gift card.");
  return { type, giftCardId, amountMinor };
}

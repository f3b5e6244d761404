/** What its event has to name as its cause, see `Cause` of `lib/sql`. */
interface FactCause {
  correlationId: string;
  causationId: string;
  traceparent: string | null;
}

/** What payments has told that a document may follow from. Amounts are minor units. */
export type Fact = { eventId: string; orderId: string; currency: string; cause: FactCause } & (Captured | Refunded);

/** So much of an order is captured by now. */
export interface Captured {
  kind: "captured";
  totalMinor: number;
}

/** So much of an order is refunded by now, the last part of it by this refund. */
export interface Refunded {
  kind: "refunded";
  refundId: string;
  totalMinor: number;
  tenders: readonly { type: "giftCard" | "storeCredit"; amountMinor: number }[];
}

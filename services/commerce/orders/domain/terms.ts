/** What a gift card, or the customer's store credit, pays of an order. Amounts are integer minor units of its currency. */
export type Tender =
  | { type: "giftCard"; giftCardId: string; last4: string; amountMinor: number }
  | { type: "storeCredit"; amountMinor: number };

/** A tax that the total of an order contains. `rate` is in percent. */
export interface Tax {
  name: string;
  rate: number;
  amountMinor: number;
}

/** What belongs to some orders only. */
export interface OrderTerms {
  /** What gift cards and store credit pay, in the sequence in which they are spent. */
  tenders: readonly Tender[];
  /** The taxes that the total contains. */
  taxes: readonly Tax[];
  /** It is not charged before somebody, or a deadline, has decided on its risk. */
  underReview: boolean;
}

/** What a gift card, or the customer's store credit, pays of an order. Amounts are integer minor units of its currency. */
export type Tender =
  | { type: "giftCard"; giftCardId: string; amountMinor: number }
  | { type: "storeCredit"; amountMinor: number };

/** What a gift card, or the customer's store credit, pays of an order. Amounts are integer minor units of its currency. */
export type Tender =
  | { type: "giftCard"; giftCardId: string; amountMinor: number }
  | { type: "storeCredit"; amountMinor: number };

/** A tender of a payment, and how much of it was given back. */
export type Part = Tender & { refundedMinor: number };

/** The account that a tender is spent from: a gift card, or the store credit of a customer in one currency. */
export function accountOf(tender: Tender, customerId: string, currency: string): string {
  return tender.type === "giftCard" ? tender.giftCardId : storeCreditAccount(customerId, currency);
}

export function storeCreditAccount(customerId: string, currency: string): string {
  return `${customerId}:${currency}`;
}

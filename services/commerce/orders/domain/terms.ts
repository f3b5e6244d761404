/** What a gift card, or the customer's store credit, pays of an order. Amounts are integer minor units of its currency. */
export type Tender =
  | { type: "giftCard"; giftCardId: string; last4: string; amountMinor: number }
  | { type: "storeCredit"; amountMinor: number };

/** A tax of one line. `rate` is in percent. */
export interface LineTax {
  name: string;
  rate: number;
  amountMinor: number;
  /** What the price includes of a tax that this buyer need not pay. */
  takenOffMinor?: number | undefined;
  /** Why there is none. */
  reason?: "exempt" | "reverseCharge" | "export" | undefined;
}

/** A tax of an order. */
export interface Tax extends LineTax {
  /** Whether the prices include it; if not, it is added to them. Always so of orders that were placed before it was stored. */
  included?: boolean | undefined;
}

/** A business buyer's tax number, of which only the form was checked. */
export interface TaxId {
  number: string;
  vatCountry?: string | undefined;
}

/** The taxes of a purchase. */
export interface TaxTerms {
  taxes: readonly Tax[];
  /** Those of each line, in the sequence of the lines; empty without taxes. */
  lineTaxes: readonly (readonly LineTax[])[];
  taxId: TaxId | null;
}

/** What a promotion takes off an order: 0 for free shipping, because shipping costs nothing. */
export interface Discount {
  promotionId: string;
  name: string;
  /** The coupon that it was given for. */
  code?: string | undefined;
  amountMinor: number;
}

/** What belongs to some orders only. */
export interface OrderTerms extends TaxTerms {
  discounts: readonly Discount[];
  /** The codes of coupons that the purchase named, also of those that give nothing. */
  coupons: readonly string[];
  /** What gift cards and store credit pay, in the sequence in which they are spent. */
  tenders: readonly Tender[];
  /** It is not charged before somebody, or a deadline, has decided on its risk. */
  underReview: boolean;
}

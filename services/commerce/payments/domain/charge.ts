/**
 * What a provider says of one charge: the record it keeps of one payment. Amounts are minor units.
 * - `waiting`: the customer has to do something, or the provider is still working on it
 * - `agreed`: the customer has agreed, and a confirmation by the shop holds the money
 * - `accepted`: money is held or captured, or was captured and given back
 * - `declined`: the customer's bank has refused
 * - `released`: it was voided, or has expired, before anything was captured
 */
export interface Charge {
  /** The provider's id of it. */
  reference: string;
  state: "waiting" | "agreed" | "accepted" | "declined" | "released";
  /** Our ids, which the provider keeps with the charge; null when this shop did not make it. */
  paymentId: string | null;
  orderId: string | null;
  currency: string;
  amountMinor: number;
  heldMinor: number;
  capturedMinor: number;
  refundedMinor: number;
  /** The provider tells `state`, but not what of the amount was captured and refunded: that is only what the shop knows. */
  fundsUnknown?: true;
}

/** A customer's bank has taken a payment back, or asks about it. */
export interface Dispute {
  /** The provider's id of it. */
  reference: string;
  /** The charge that it is about. */
  chargeReference: string;
  currency: string;
  amountMinor: number;
  /** The provider's word, such as `fraudulent`. */
  reason: string;
  status: "needs_response" | "under_review" | "won" | "lost";
  /** Until when evidence is taken; null when no more is. */
  evidenceDueBy: Date | null;
}

/** The states of an order. */
export const orderStatuses = [
  "pending_payment",
  "confirmed",
  "paid",
  "processing",
  "shipped",
  "delivered",
  "cancelled",
  "refunded",
] as const;
export type OrderStatus = (typeof orderStatuses)[number];

/** The state of the payment, which is apart from the order's: a cancelled order is `captured` until it is refunded. */
export const paymentStatuses = [
  "pending",
  "requires_action",
  "authorized",
  "partially_captured",
  "captured",
  "failed",
  "voided",
  "partially_refunded",
  "refunded",
] as const;
export type PaymentStatus = (typeof paymentStatuses)[number];

/**
 * The payment status in the words of the REST interface: what was captured reads `paid`. An order of which only a part was
 * captured is not paid: it reads `authorized` until the rest is captured.
 */
export type ShownPaymentStatus = Exclude<PaymentStatus, "captured" | "partially_captured"> | "paid";

export function shownPaymentStatus(status: PaymentStatus): ShownPaymentStatus {
  switch (status) {
    case "captured":
      return "paid";
    case "partially_captured":
      return "authorized";
    default:
      return status;
  }
}

export const shownPaymentStatuses: readonly ShownPaymentStatus[] = [
  ...new Set(paymentStatuses.map(shownPaymentStatus)),
];

/** The states of the shipment, in the sequence in which they occur. */
export const shippingStatuses = ["not_shipped", "preparing", "shipped", "delivered"] as const;
export type ShippingStatus = (typeof shippingStatuses)[number];

/** The part of an order that decisions depend on. Amounts are integer minor units of `currency`. */
export interface Order {
  orderId: string;
  customerId: string;
  status: OrderStatus;
  paymentStatus: PaymentStatus;
  shippingStatus: ShippingStatus;
  totalMinor: number;
  capturedMinor: number;
  refundedMinor: number;
  currency: string;
  /** The number of steps in its history. */
  version: number;
  /** Why it was cancelled or refunded; null otherwise. */
  reason: string | null;
  /** It is not charged before somebody has decided about its risk. */
  underReview: boolean;
}

/** What can happen to an order. All but the last three are events of other services: they may arrive late, out of order or twice. */
export type Input =
  | { kind: "InventoryReserved" }
  | { kind: "InventoryRejected"; reason: string }
  | { kind: "InventoryReleased" }
  | { kind: "InventoryCommitted" }
  | { kind: "PaymentAuthorized"; amountMinor: number; currency: string }
  | { kind: "PaymentActionRequired" }
  | { kind: "PaymentReplaced" }
  | { kind: "PaymentFailed"; errorCode: string }
  /** `totalMinor`: the sum of all captures so far. */
  | { kind: "PaymentCompleted"; totalMinor: number; currency: string }
  | { kind: "PaymentVoided" }
  /** `totalMinor`: the sum of all refunds so far. */
  | { kind: "PaymentRefunded"; totalMinor: number; currency: string }
  /** A refund came back: `totalMinor` is the sum of what remains refunded. */
  | { kind: "PaymentRefundFailed"; totalMinor: number; currency: string }
  | { kind: "DisputeOpened" }
  | { kind: "DisputeClosed" }
  | { kind: "FulfillmentStarted" }
  | { kind: "ShipmentDispatched" }
  | { kind: "ShipmentDelivered" }
  | { kind: "ReviewApproved" }
  | { kind: "ReviewRejected" }
  /** The order was too likely fraud when it was placed. */
  | { kind: "RiskRefused" }
  | { kind: "CancelRequested"; reason: string }
  | { kind: "DeadlinePassed" };
export type InputKind = Input["kind"];

/** Whether a customer who waits for the order can be answered: it is paid, it has ended, or it needs somebody. */
export function isSettled(
  order: Pick<Order, "status" | "paymentStatus" | "underReview">,
  captureOn: "confirmation" | "handoff",
): boolean {
  if (order.status === "pending_payment") return order.underReview || order.paymentStatus === "requires_action";
  if (order.status === "confirmed") return captureOn === "handoff"; // the capture follows days later
  return true;
}

/** Where an order is in its life. */
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

/** What is known of its money, beside where it is: a cancelled order may still be `captured` until the refund is through. */
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

/** The payment status in the words of the REST interface: what was captured reads `paid`. */
export type ShownPaymentStatus = Exclude<PaymentStatus, "captured"> | "paid";

export function shownPaymentStatus(status: PaymentStatus): ShownPaymentStatus {
  return status === "captured" ? "paid" : status;
}

export const shownPaymentStatuses: readonly ShownPaymentStatus[] = paymentStatuses.map(shownPaymentStatus);

/** What is known of its parcels, in the order things happen. */
export const shippingStatuses = ["not_shipped", "preparing", "shipped", "delivered"] as const;
export type ShippingStatus = (typeof shippingStatuses)[number];

/** What decisions are made on. Amounts are integer minor units of `currency`. */
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
  /** Steps of its history so far. */
  version: number;
  /** Why it ended, when it ended without a delivery. */
  reason: string | null;
}

/** What can happen to an order. All but the last two are facts of other services, which may come late, crossed or twice. */
export type Input =
  | { kind: "InventoryReserved" }
  | { kind: "InventoryRejected"; reason: string }
  | { kind: "InventoryReleased" }
  | { kind: "InventoryCommitted" }
  | { kind: "PaymentAuthorized"; amountMinor: number; currency: string }
  | { kind: "PaymentActionRequired" }
  | { kind: "PaymentFailed"; errorCode: string }
  /** `totalMinor` is the sum of all captures so far. */
  | { kind: "PaymentCompleted"; totalMinor: number; currency: string }
  | { kind: "PaymentVoided" }
  /** `totalMinor` is the sum of all refunds so far. */
  | { kind: "PaymentRefunded"; totalMinor: number; currency: string }
  | { kind: "FulfillmentStarted" }
  | { kind: "ShipmentDispatched" }
  | { kind: "ShipmentDelivered" }
  | { kind: "CancelRequested"; reason: string }
  | { kind: "DeadlinePassed" };
export type InputKind = Input["kind"];

/** Whether the saga has nothing more to say to a waiting customer, or needs something of them. */
export function isSettled(
  order: Pick<Order, "status" | "paymentStatus">,
  captureOn: "confirmation" | "handoff",
): boolean {
  if (order.status === "pending_payment") return order.paymentStatus === "requires_action";
  if (order.status === "confirmed") return captureOn === "handoff"; // the capture comes days later
  return true;
}

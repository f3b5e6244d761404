import type { Goal, Input, PaymentState } from "./payment.ts";
import type { Tender } from "./tender.ts";

/** What payments knows of an order. Its events may arrive in any order, so each part may be missing. */
export interface Payable {
  created: {
    customerId: string;
    amountMinor: number;
    currency: string;
    paymentMethodId: string;
    country: string | null;
    /** Spent before the method, in this sequence. */
    tenders: readonly Tender[];
    underReview: boolean;
  } | null;
  reserved: boolean;
  /** The risk of an order under review was accepted. */
  approved: boolean;
  cancelled: boolean;
  /** The latest attempt to pay it. */
  paymentId: string | null;
}

/** What payments hears of an order. */
export type OrderMessage = { orderId: string } & (
  | { kind: "created"; created: NonNullable<Payable["created"]> }
  | { kind: "reserved" | "approved" | "confirmed" | "handedOff" }
  | { kind: "cancelled"; reason: string }
);

/** A payable that nothing is known of. */
export const UNKNOWN: Payable = { created: null, reserved: false, approved: false, cancelled: false, paymentId: null };

/**
 * What is known of an order after a message. A cancellation that comes first leaves a tombstone, which prevents that the
 * order is ever charged.
 */
export function learn<P extends Payable>(payable: P, message: OrderMessage): P {
  switch (message.kind) {
    case "created":
      return payable.created ? payable : { ...payable, created: message.created };
    case "reserved":
      return payable.reserved ? payable : { ...payable, reserved: true };
    case "approved":
      return payable.approved ? payable : { ...payable, approved: true };
    case "cancelled":
      return payable.cancelled ? payable : { ...payable, cancelled: true };
    case "confirmed":
    case "handedOff":
      return payable;
    default:
      return message satisfies never;
  }
}

/** What a message means to the payment of its order, if there is one. */
export function inputOf(
  message: OrderMessage,
  captureOn: "confirmation" | "handoff",
): Extract<Input, { kind: "cancel" | "captureAll" }> | undefined {
  switch (message.kind) {
    case "cancelled":
      return { kind: "cancel", reason: message.reason };
    case "confirmed":
      return captureOn === "confirmation" ? { kind: "captureAll" } : undefined;
    case "handedOff":
      return captureOn === "handoff" ? { kind: "captureAll" } : undefined;
    case "created":
    case "reserved":
    case "approved":
      return undefined;
    default:
      return message satisfies never;
  }
}

/** Whether the saga authorises now. It does so once, when the order is known, its stock reserved and its risk accepted. */
export function shouldAuthorize(payable: Payable): boolean {
  const { created, reserved, cancelled, paymentId } = payable;
  return created !== null && reserved && !waitsForReview(payable) && !cancelled && paymentId === null;
}

function waitsForReview({ created, approved }: Payable): boolean {
  return created?.underReview === true && !approved;
}

/** The decision on a request to authorise. */
export type Verdict =
  | { kind: "unknownOrder" }
  | { kind: "foreignOrder" }
  | { kind: "wrongAmount"; amountMinor: number }
  | { kind: "notPayable" }
  | { kind: "underReview" }
  | { kind: "newPayment" }
  /** An earlier payment waits for its customer, who now wants another method: it is voided, and that one is tried. */
  | { kind: "replace" }
  /** The order was paid with another method. */
  | { kind: "paidOtherwise"; paymentId: string }
  /** An earlier payment answers the request. While a payment is live, the order gets no second one. */
  | { kind: "existing"; paymentId: string };

/** @param latest the payable's latest payment */
export function judgeRequest(
  payable: Payable | null,
  request: { customerId: string; methodId: string; amountMinor: (currency: string) => number },
  latest: { state: PaymentState; goal: Goal["kind"]; methodId: string } | null,
): Verdict {
  if (!payable?.created) return { kind: "unknownOrder" };
  const { customerId, amountMinor, currency } = payable.created;
  if (customerId !== request.customerId) return { kind: "foreignOrder" };
  if (request.amountMinor(currency) !== amountMinor) return { kind: "wrongAmount", amountMinor };
  if (
    payable.paymentId !== null &&
    latest?.state === "failed" &&
    latest.methodId === request.methodId &&
    payable.cancelled
  ) {
    // The saga tried this method first, and the order was cancelled because of it. The customer needs that reason.
    return { kind: "existing", paymentId: payable.paymentId };
  }
  if (payable.cancelled || latest?.state === "refunded" || latest?.state === "voided") return { kind: "notPayable" };
  if (waitsForReview(payable)) return { kind: "underReview" };
  if (payable.paymentId === null || latest === null || latest.state === "failed") return { kind: "newPayment" };
  if (latest.state === "requires_action" && latest.goal === "none" && latest.methodId !== request.methodId) {
    return { kind: "replace" };
  }
  if (latest.state === "captured" && latest.methodId !== request.methodId) {
    return { kind: "paidOtherwise", paymentId: payable.paymentId };
  }
  return { kind: "existing", paymentId: payable.paymentId };
}

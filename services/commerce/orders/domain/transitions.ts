import { orderLimits } from "./limits.ts";
import type { InputKind, OrderStatus } from "./order.ts";

/** What must be true for a `move` to be made. */
export type Condition =
  /** At least the order's total is authorised. */
  | "authorizedInFull"
  /** At least the order's total is captured. */
  | "capturedInFull"
  | "notCapturedInFull"
  /** At least the order's total was captured, and all of it is refunded. */
  | "refundedInFull";

/**
 * What an input does in a state.
 * - `move`: moves through these states, in this sequence, if the condition holds, and through `otherwise` if it does not
 * - `note`: adds the input to the history; the state stays
 * - `restart`: notes the input, and the deadline of the state begins again
 * - `extend`: notes that the deadline has passed and sets a new one, because only an operator may decide what happens
 * - `ignore`: changes nothing, because the input contains nothing new
 * - `refuse`: fails the request, because it is too late for it
 */
export type Rule =
  | { does: "move"; through: readonly OrderStatus[]; when?: Condition; otherwise?: readonly OrderStatus[] }
  | { does: "note" }
  | { does: "extend" }
  | { does: "restart" }
  | { does: "ignore" }
  | { does: "refuse" };

const note = { does: "note" } as const;
const extend = { does: "extend" } as const;
const restart = { does: "restart" } as const;
const ignore = { does: "ignore" } as const;
const refuse = { does: "refuse" } as const;
const move = (...through: OrderStatus[]): Rule => ({ does: "move", through });
const moveWhen = (when: Condition, through: OrderStatus[], otherwise: OrderStatus[] = []): Rule => ({
  does: "move",
  through,
  when,
  otherwise,
});

const cancel = move("cancelled");
const refundedWhenInFull = moveWhen("refundedInFull", ["refunded"]);

/** A final state notes every input. Payments refunds by itself what is captured for a cancelled order. */
const ended = {
  InventoryReserved: note,
  InventoryRejected: note,
  InventoryReleased: note,
  InventoryCommitted: note,
  PaymentAuthorized: note,
  PaymentActionRequired: note,
  PaymentReplaced: note,
  PaymentFailed: note,
  PaymentCompleted: note,
  PaymentVoided: note,
  PaymentRefunded: note,
  PaymentRefundFailed: note,
  DisputeOpened: note,
  DisputeClosed: note,
  FulfillmentStarted: note,
  ShipmentDispatched: note,
  ShipmentDelivered: note,
  ReviewApproved: note,
  ReviewRejected: note,
  RiskRefused: note,
  DeadlinePassed: ignore,
} as const;

/** The rule of every pair of state and input. There is no default: also inputs that change nothing have a rule. */
export const transitions: Readonly<Record<OrderStatus, Readonly<Record<InputKind, Rule>>>> = {
  pending_payment: {
    InventoryReserved: note, // payments consumes it as well, and authorises
    InventoryRejected: cancel,
    InventoryReleased: cancel, // the pieces may be reserved for another order by now
    InventoryCommitted: note,
    PaymentAuthorized: moveWhen("authorizedInFull", ["confirmed"]),
    PaymentActionRequired: note,
    PaymentReplaced: note, // another method takes its place; its own events follow
    PaymentFailed: cancel,
    // A capture proves the authorisation whose event has not arrived yet.
    PaymentCompleted: moveWhen("capturedInFull", ["confirmed", "paid"], ["confirmed"]),
    PaymentVoided: cancel, // a voided payment is never retried
    PaymentRefunded: moveWhen("refundedInFull", ["cancelled"]), // arrived before its capture: nothing is left to pay
    PaymentRefundFailed: note,
    DisputeOpened: note,
    DisputeClosed: note,
    FulfillmentStarted: note, // unpaid goods are not shipped; fulfillment consumes the order's end
    ShipmentDispatched: note,
    ShipmentDelivered: note,
    ReviewApproved: restart, // payments consumes it as well, and authorises
    ReviewRejected: cancel,
    RiskRefused: cancel,
    CancelRequested: cancel,
    DeadlinePassed: cancel,
  },
  confirmed: {
    InventoryReserved: note,
    InventoryRejected: cancel, // the customer paid before inventory had decided
    InventoryReleased: cancel,
    InventoryCommitted: note,
    PaymentAuthorized: note,
    PaymentActionRequired: note,
    PaymentReplaced: note,
    PaymentFailed: cancel, // the capture was declined
    PaymentCompleted: moveWhen("capturedInFull", ["paid"]),
    PaymentVoided: cancel,
    PaymentRefunded: moveWhen("refundedInFull", ["cancelled"]),
    PaymentRefundFailed: note,
    DisputeOpened: note,
    DisputeClosed: note,
    FulfillmentStarted: move("processing"), // when the capture follows at the hand-off
    ShipmentDispatched: move("processing", "shipped"),
    ShipmentDelivered: move("processing", "shipped", "delivered"),
    ReviewApproved: note,
    ReviewRejected: cancel, // it was charged although it was under review; OrderCancelled gives the money back
    RiskRefused: note,
    CancelRequested: cancel,
    // A capture is under way and may have succeeded. A cancellation by time alone would charge and refund a customer for
    // no reason. Payments asks the provider until the result is known; meanwhile operators see the order in the log.
    DeadlinePassed: extend,
  },
  paid: {
    InventoryReserved: note,
    InventoryRejected: cancel, // as in confirmed; OrderCancelled refunds the payment
    InventoryReleased: cancel,
    InventoryCommitted: note,
    PaymentAuthorized: note,
    PaymentActionRequired: note,
    PaymentReplaced: note,
    PaymentFailed: note, // it belongs to another attempt: this order is paid
    PaymentCompleted: note,
    PaymentVoided: note, // it voids only the rest of an authorisation
    PaymentRefunded: refundedWhenInFull,
    PaymentRefundFailed: note,
    DisputeOpened: note,
    DisputeClosed: note,
    FulfillmentStarted: move("processing"),
    ShipmentDispatched: move("processing", "shipped"),
    ShipmentDelivered: move("processing", "shipped", "delivered"),
    ReviewApproved: note,
    ReviewRejected: cancel,
    RiskRefused: note,
    CancelRequested: cancel,
    DeadlinePassed: extend, // a paid order is not cancelled by time alone
  },
  processing: {
    InventoryReserved: note,
    InventoryRejected: note, // the pieces are being packed: an operator decides
    InventoryReleased: note,
    InventoryCommitted: note,
    PaymentAuthorized: note,
    PaymentActionRequired: note,
    PaymentReplaced: note,
    PaymentFailed: moveWhen("notCapturedInFull", ["cancelled"]), // the capture at the hand-off was declined
    PaymentCompleted: note,
    PaymentVoided: moveWhen("notCapturedInFull", ["cancelled"]),
    PaymentRefunded: refundedWhenInFull,
    PaymentRefundFailed: note,
    DisputeOpened: note,
    DisputeClosed: note,
    FulfillmentStarted: note,
    ShipmentDispatched: move("shipped"),
    ShipmentDelivered: move("shipped", "delivered"),
    ReviewApproved: note,
    ReviewRejected: note, // the pieces are being packed: an operator decides
    RiskRefused: note,
    CancelRequested: cancel,
    DeadlinePassed: extend,
  },
  shipped: {
    InventoryReserved: note,
    InventoryRejected: note,
    InventoryReleased: note,
    InventoryCommitted: note,
    PaymentAuthorized: note,
    PaymentActionRequired: note,
    PaymentReplaced: note,
    PaymentFailed: note, // the goods are on their way: an operator decides
    PaymentCompleted: note,
    PaymentVoided: note,
    PaymentRefunded: refundedWhenInFull,
    PaymentRefundFailed: note,
    DisputeOpened: note,
    DisputeClosed: note,
    FulfillmentStarted: note,
    ShipmentDispatched: note, // another parcel
    ShipmentDelivered: move("delivered"),
    ReviewApproved: note,
    ReviewRejected: note,
    RiskRefused: note,
    CancelRequested: refuse,
    DeadlinePassed: extend,
  },
  delivered: { ...ended, PaymentRefunded: refundedWhenInFull, CancelRequested: refuse },
  cancelled: { ...ended, CancelRequested: ignore },
  refunded: { ...ended, CancelRequested: refuse },
};

/** The deadline of each state in minutes; null in final states. */
export const deadlineMinutes: Readonly<Record<OrderStatus, number | null>> = {
  pending_payment: orderLimits.ORDER_PAYMENT_MINUTES,
  confirmed: orderLimits.ORDER_CAPTURE_MINUTES,
  paid: orderLimits.ORDER_HANDLING_MINUTES,
  processing: orderLimits.ORDER_HANDLING_MINUTES,
  shipped: orderLimits.ORDER_DELIVERY_MINUTES,
  delivered: null,
  cancelled: null,
  refunded: null,
};

import { orderLimits } from "./limits.ts";
import type { InputKind, OrderStatus } from "./order.ts";

/** What must be known for a rule to hold. */
export type Condition =
  /** The amount authorised is the order's total. */
  | "authorizedInFull"
  /** Everything the order costs was captured. */
  | "capturedInFull"
  | "notCapturedInFull"
  /** Everything the order costs was captured and given back. */
  | "refundedInFull";

/**
 * What an input means in a state.
 * - `move`: through these states, in this order, if the condition holds; through `otherwise` if not
 * - `note`: it happened and belongs into the history; the state stays
 * - `extend`: the deadline passed and nothing may be decided by time alone: note it and wait again
 * - `ignore`: it changes nothing and says nothing new
 * - `refuse`: whoever asked must be told that it is too late
 */
export type Rule =
  | { does: "move"; through: readonly OrderStatus[]; when?: Condition; otherwise?: readonly OrderStatus[] }
  | { does: "note" }
  | { does: "extend" }
  | { does: "ignore" }
  | { does: "refuse" };

const note = { does: "note" } as const;
const extend = { does: "extend" } as const;
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
const refundWhenWhole = moveWhen("refundedInFull", ["refunded"]);

/** After the end everything is only noted. Payments gives back by itself what reaches a cancelled order. */
const ended = {
  InventoryReserved: note,
  InventoryRejected: note,
  InventoryReleased: note,
  InventoryCommitted: note,
  PaymentAuthorized: note,
  PaymentActionRequired: note,
  PaymentFailed: note,
  PaymentCompleted: note,
  PaymentVoided: note,
  PaymentRefunded: note,
  FulfillmentStarted: note,
  ShipmentDispatched: note,
  ShipmentDelivered: note,
  DeadlinePassed: ignore,
} as const;

/** Every pair of state and input. Nothing falls through: what does nothing says so. */
export const transitions: Readonly<Record<OrderStatus, Readonly<Record<InputKind, Rule>>>> = {
  pending_payment: {
    InventoryReserved: note, // payments hears it too, and authorises
    InventoryRejected: cancel,
    InventoryReleased: cancel, // the pieces are somebody else's now
    InventoryCommitted: note,
    PaymentAuthorized: moveWhen("authorizedInFull", ["confirmed"]),
    PaymentActionRequired: note,
    PaymentFailed: cancel,
    // A capture proves the authorisation that was not seen yet.
    PaymentCompleted: moveWhen("capturedInFull", ["confirmed", "paid"], ["confirmed"]),
    PaymentVoided: cancel, // a voided payment is never tried again
    PaymentRefunded: moveWhen("refundedInFull", ["cancelled"]), // seen before its capture: nobody owes anything
    FulfillmentStarted: note, // nothing leaves the house unpaid; whoever began will hear of the end
    ShipmentDispatched: note,
    ShipmentDelivered: note,
    CancelRequested: cancel,
    DeadlinePassed: cancel,
  },
  confirmed: {
    InventoryReserved: note,
    InventoryRejected: cancel, // the customer asked to pay before inventory had decided
    InventoryReleased: cancel,
    InventoryCommitted: note,
    PaymentAuthorized: note,
    PaymentActionRequired: note,
    PaymentFailed: cancel, // the capture was refused
    PaymentCompleted: moveWhen("capturedInFull", ["paid"]),
    PaymentVoided: cancel,
    PaymentRefunded: moveWhen("refundedInFull", ["cancelled"]),
    FulfillmentStarted: move("processing"), // where capture waits for the hand-off
    ShipmentDispatched: move("processing", "shipped"),
    ShipmentDelivered: move("processing", "shipped", "delivered"),
    CancelRequested: cancel,
    // A capture is under way and may have succeeded. Cancelling by the clock would charge and refund a customer who
    // did nothing wrong; payments asks the provider until it knows. Meanwhile an operator finds the order in the log.
    DeadlinePassed: extend,
  },
  paid: {
    InventoryReserved: note,
    InventoryRejected: cancel, // as in confirmed; OrderCancelled brings the money back
    InventoryReleased: cancel,
    InventoryCommitted: note,
    PaymentAuthorized: note,
    PaymentActionRequired: note,
    PaymentFailed: note, // of another attempt: this one is paid
    PaymentCompleted: note,
    PaymentVoided: note, // the rest of an authorisation
    PaymentRefunded: refundWhenWhole,
    FulfillmentStarted: move("processing"),
    ShipmentDispatched: move("processing", "shipped"),
    ShipmentDelivered: move("processing", "shipped", "delivered"),
    CancelRequested: cancel,
    DeadlinePassed: extend, // somebody bought something and waits for it
  },
  processing: {
    InventoryReserved: note,
    InventoryRejected: note, // the pieces are in somebody's hands: people decide
    InventoryReleased: note,
    InventoryCommitted: note,
    PaymentAuthorized: note,
    PaymentActionRequired: note,
    PaymentFailed: moveWhen("notCapturedInFull", ["cancelled"]), // the capture at the hand-off was refused
    PaymentCompleted: note,
    PaymentVoided: moveWhen("notCapturedInFull", ["cancelled"]),
    PaymentRefunded: refundWhenWhole,
    FulfillmentStarted: note,
    ShipmentDispatched: move("shipped"),
    ShipmentDelivered: move("shipped", "delivered"),
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
    PaymentFailed: note, // the goods are gone: a matter for people
    PaymentCompleted: note,
    PaymentVoided: note,
    PaymentRefunded: refundWhenWhole,
    FulfillmentStarted: note,
    ShipmentDispatched: note, // another parcel
    ShipmentDelivered: move("delivered"),
    CancelRequested: refuse,
    DeadlinePassed: extend,
  },
  delivered: { ...ended, PaymentRefunded: refundWhenWhole, CancelRequested: refuse },
  cancelled: { ...ended, CancelRequested: ignore },
  refunded: { ...ended, CancelRequested: refuse },
};

/** Minutes until somebody should have done something; null where nobody has to. */
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

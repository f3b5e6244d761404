import type { Input, Order, OrderStatus, PaymentStatus, ShippingStatus } from "./order.ts";
import { shippingStatuses } from "./order.ts";
import { type Condition, deadlineMinutes, type Rule, transitions } from "./transitions.ts";

/** Something that a decision publishes as an event. */
export type Fact =
  | { type: "statusChanged"; from: OrderStatus; to: OrderStatus; reason: string }
  | { type: "cancelled"; reason: string; refundMinor: number; underReview: boolean };

/** One entry of the history. `from` equals `to` when the input was noted and the status stayed. */
export interface Step {
  version: number;
  from: OrderStatus;
  to: OrderStatus;
}

export interface Decision {
  order: Order;
  steps: readonly Step[];
  /** In the sequence in which they are published. */
  facts: readonly Fact[];
  /** The new deadline in minutes from now: null for no deadline, undefined to keep the present one. */
  deadlineMinutes?: number | null;
  /** The order is in a state in which the request is not possible any more. */
  refused?: true;
  /** The deadline has passed, and only an operator can decide what happens next. */
  overdue?: true;
}

/**
 * Decides what an input changes in an order. This is the only place in which orders change. It is a pure function, and
 * defined for every state and every input.
 * @throws Error when a payment has another currency than the order: that is a defect, and no rule covers it
 */
export function decide(order: Order, input: Input): Decision {
  const rule = transitions[order.status][input.kind];
  if (rule.does === "ignore") return { order, steps: [], facts: [] };
  if (rule.does === "refuse") return { order, steps: [], facts: [], refused: true };
  const updated = applyInput(order, input);
  const states = statesAfter(rule, updated, input);
  if (states.length > 0) return moveThrough(updated, states, reasonOf(input));
  const version = order.version + 1;
  const noted = {
    order: { ...updated, version },
    steps: [{ version, from: order.status, to: order.status }],
    facts: [],
  };
  if (rule.does === "restart") return { ...noted, deadlineMinutes: deadlineMinutes[order.status] };
  return rule.does === "extend" ? { ...noted, deadlineMinutes: deadlineMinutes[order.status], overdue: true } : noted;
}

function statesAfter(rule: Rule, order: Order, input: Input): readonly OrderStatus[] {
  if (rule.does !== "move") return [];
  return rule.when === undefined || holds(rule.when, order, input) ? rule.through : (rule.otherwise ?? []);
}

function holds(condition: Condition, order: Order, input: Input): boolean {
  switch (condition) {
    case "authorizedInFull":
      return input.kind === "PaymentAuthorized" && input.amountMinor >= order.totalMinor;
    case "capturedInFull":
      return order.capturedMinor >= order.totalMinor;
    case "notCapturedInFull":
      return order.capturedMinor < order.totalMinor;
    case "refundedInFull":
      return order.capturedMinor >= order.totalMinor && order.refundedMinor >= order.capturedMinor;
    default:
      return condition satisfies never;
  }
}

/** Moves through the states one by one, so that the consumers of `OrderStatusChanged` see each of them. */
function moveThrough(start: Order, states: readonly OrderStatus[], reason: string): Decision {
  let order = start;
  const steps: Step[] = [];
  const facts: Fact[] = [];
  for (const to of states) {
    const from = order.status;
    const version = order.version + 1;
    const ends = to === "cancelled" || to === "refunded";
    order = { ...order, status: to, version, reason: ends ? reason : order.reason, underReview: false };
    steps.push({ version, from, to });
    facts.push({ type: "statusChanged", from, to, reason });
    if (to === "cancelled")
      facts.push({
        type: "cancelled",
        reason,
        refundMinor: order.capturedMinor - order.refundedMinor,
        underReview: start.underReview,
      });
  }
  return { order, steps, facts, deadlineMinutes: deadlineMinutes[order.status] };
}

/** Updates payment, shipment and review by an input, independent of the order's status. */
function applyInput(order: Order, input: Input): Order {
  if ("currency" in input && input.currency !== order.currency) {
    throw new Error(
      `${input.kind} of ${order.orderId} is in ${input.currency}, but the order is in ${order.currency}.`,
    );
  }
  switch (input.kind) {
    case "PaymentCompleted":
      return withPayment(order, Math.max(order.capturedMinor, input.totalMinor), order.refundedMinor);
    case "PaymentRefunded": {
      // A refund proves its capture, also when the event of the capture has not arrived yet.
      const refunded = Math.max(order.refundedMinor, input.totalMinor);
      return withPayment(order, Math.max(order.capturedMinor, refunded), refunded);
    }
    case "PaymentRefundFailed":
      return withPayment(order, order.capturedMinor, Math.min(order.refundedMinor, input.totalMinor));
    case "PaymentAuthorized":
      return withAuthorization(order, "authorized", ["pending", "requires_action", "failed"]);
    case "PaymentActionRequired":
      return withAuthorization(order, "requires_action", ["pending", "failed"]);
    case "PaymentFailed":
      return withAuthorization(order, "failed", ["pending", "requires_action", "authorized"]);
    case "PaymentVoided":
      return withAuthorization(order, "voided", ["pending", "requires_action", "authorized", "failed"]);
    case "FulfillmentStarted":
      return withShipment(order, "preparing");
    case "ShipmentDispatched":
      return withShipment(order, "shipped");
    case "ShipmentDelivered":
      return withShipment(order, "delivered");
    case "ReviewApproved":
      return { ...order, underReview: false };
    case "InventoryReserved":
    case "InventoryRejected":
    case "InventoryReleased":
    case "InventoryCommitted":
    case "ReviewRejected":
    case "RiskRefused":
    case "PaymentReplaced": // the customer decides again, or the next method's events say more
    case "DisputeOpened": // the customer's bank and the ledger decide about the money
    case "DisputeClosed":
    case "CancelRequested":
    case "DeadlinePassed":
      return order;
    default:
      return input satisfies never;
  }
}

function withPayment(order: Order, capturedMinor: number, refundedMinor: number): Order {
  return {
    ...order,
    capturedMinor,
    refundedMinor,
    paymentStatus: paymentStatusOf(order.totalMinor, capturedMinor, refundedMinor),
  };
}

function paymentStatusOf(total: number, captured: number, refunded: number): PaymentStatus {
  if (refunded > 0) return refunded >= captured ? "refunded" : "partially_refunded";
  return captured >= total ? "captured" : "partially_captured";
}

/** Changes the payment status only from the given ones: a late event undoes neither a newer one nor a capture. */
function withAuthorization(order: Order, to: PaymentStatus, from: readonly PaymentStatus[]): Order {
  return from.includes(order.paymentStatus) ? { ...order, paymentStatus: to } : order;
}

/** Moves the shipment forward only, because events may arrive out of order. */
function withShipment(order: Order, to: ShippingStatus): Order {
  const further = shippingStatuses.indexOf(to) > shippingStatuses.indexOf(order.shippingStatus);
  return further ? { ...order, shippingStatus: to } : order;
}

/** Why a status changed: a stable code that clients may compare. */
function reasonOf(input: Input): string {
  switch (input.kind) {
    case "CancelRequested":
    case "InventoryRejected":
      return input.reason;
    case "PaymentFailed":
      return `payment_declined:${input.errorCode}`;
    case "InventoryReserved":
      return "stock_reserved";
    case "InventoryReleased":
      return "stock_released";
    case "InventoryCommitted":
      return "stock_committed";
    case "PaymentAuthorized":
      return "payment_authorized";
    case "PaymentActionRequired":
      return "payment_action_required";
    case "PaymentReplaced":
      return "payment_method_changed";
    case "PaymentCompleted":
      return "payment_captured";
    case "PaymentVoided":
      return "payment_voided";
    case "PaymentRefunded":
      return "payment_refunded";
    case "PaymentRefundFailed":
      return "refund_failed";
    case "DisputeOpened":
      return "dispute_opened";
    case "DisputeClosed":
      return "dispute_closed";
    case "FulfillmentStarted":
      return "fulfillment_started";
    case "ShipmentDispatched":
      return "shipment_dispatched";
    case "ShipmentDelivered":
      return "shipment_delivered";
    case "ReviewApproved":
      return "fraud_approved";
    case "ReviewRejected":
      return "fraud_rejected";
    case "RiskRefused":
      return "fraud_refused";
    case "DeadlinePassed":
      return "payment_deadline";
    default:
      return input satisfies never;
  }
}

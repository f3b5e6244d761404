import type { Input, Order, OrderStatus, PaymentStatus, ShippingStatus } from "./order.ts";
import { shippingStatuses } from "./order.ts";
import { type Condition, deadlineMinutes, type Rule, transitions } from "./transitions.ts";

/** What the other services are told, in this order. */
export type Fact =
  | { type: "statusChanged"; from: OrderStatus; to: OrderStatus; reason: string }
  | { type: "confirmed" }
  | { type: "cancelled"; reason: string; refundMinor: number };

/** One line of the history. `from` and `to` are the same where something was only noted. */
export interface Step {
  version: number;
  from: OrderStatus;
  to: OrderStatus;
}

export interface Decision {
  order: Order;
  steps: readonly Step[];
  facts: readonly Fact[];
  /** Minutes from now, null for none; undefined leaves the deadline as it is. */
  deadlineMinutes?: number | null;
  /** It is too late for what was asked. */
  refused?: true;
  /** The deadline passed, and all that can be done is to wait and to say so. */
  overdue?: true;
}

/**
 * What an input means for an order: the one place where orders change. Pure, and total over states and inputs.
 * @throws Error when a payment speaks of another currency than the order: no rule can make sense of that
 */
export function decide(order: Order, input: Input): Decision {
  const rule = transitions[order.status][input.kind];
  if (rule.does === "ignore") return { order, steps: [], facts: [] };
  if (rule.does === "refuse") return { order, steps: [], facts: [], refused: true };
  const informed = inform(order, input);
  const path = pathOf(rule, informed, input);
  if (path.length > 0) return walk(informed, path, reasonOf(input));
  const version = order.version + 1;
  const noted = {
    order: { ...informed, version },
    steps: [{ version, from: order.status, to: order.status }],
    facts: [],
  };
  return rule.does === "extend" ? { ...noted, deadlineMinutes: deadlineMinutes[order.status], overdue: true } : noted;
}

function pathOf(rule: Rule, order: Order, input: Input): readonly OrderStatus[] {
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

/** Goes through the states one by one, so that nobody who listens misses one. */
function walk(start: Order, path: readonly OrderStatus[], reason: string): Decision {
  let order = start;
  const steps: Step[] = [];
  const facts: Fact[] = [];
  for (const to of path) {
    const from = order.status;
    const version = order.version + 1;
    const ends = to === "cancelled" || to === "refunded";
    order = { ...order, status: to, version, reason: ends ? reason : order.reason };
    steps.push({ version, from, to });
    facts.push({ type: "statusChanged", from, to, reason });
    if (to === "confirmed") facts.push({ type: "confirmed" });
    if (to === "cancelled")
      facts.push({ type: "cancelled", reason, refundMinor: order.capturedMinor - order.refundedMinor });
  }
  return { order, steps, facts, deadlineMinutes: deadlineMinutes[order.status] };
}

/** What the order knows of its money and its parcels after an input, whatever becomes of its status. */
function inform(order: Order, input: Input): Order {
  if ("currency" in input && input.currency !== order.currency) {
    throw new Error(`${input.kind} of ${order.orderId} is in ${input.currency}, the order in ${order.currency}.`);
  }
  switch (input.kind) {
    case "PaymentCompleted":
      return withMoney(order, Math.max(order.capturedMinor, input.totalMinor), order.refundedMinor);
    case "PaymentRefunded": {
      // Nothing is given back that was not taken: a refund that overtook its capture proves it.
      const refunded = Math.max(order.refundedMinor, input.totalMinor);
      return withMoney(order, Math.max(order.capturedMinor, refunded), refunded);
    }
    case "PaymentAuthorized":
      return afterHold(order, "authorized", ["pending", "requires_action", "failed"]);
    case "PaymentActionRequired":
      return afterHold(order, "requires_action", ["pending", "failed"]);
    case "PaymentFailed":
      return afterHold(order, "failed", ["pending", "requires_action", "authorized"]);
    case "PaymentVoided":
      return afterHold(order, "voided", ["pending", "requires_action", "authorized", "failed"]);
    case "FulfillmentStarted":
      return withParcels(order, "preparing");
    case "ShipmentDispatched":
      return withParcels(order, "shipped");
    case "ShipmentDelivered":
      return withParcels(order, "delivered");
    case "InventoryReserved":
    case "InventoryRejected":
    case "InventoryReleased":
    case "InventoryCommitted":
    case "CancelRequested":
    case "DeadlinePassed":
      return order;
    default:
      return input satisfies never;
  }
}

function withMoney(order: Order, capturedMinor: number, refundedMinor: number): Order {
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

/** Once money has moved, what is known of the authorisation no longer matters; before, a late fact does not undo a newer one. */
function afterHold(order: Order, to: PaymentStatus, from: readonly PaymentStatus[]): Order {
  return from.includes(order.paymentStatus) ? { ...order, paymentStatus: to } : order;
}

/** Parcels do not come back by a late message: returns are another story. */
function withParcels(order: Order, to: ShippingStatus): Order {
  const further = shippingStatuses.indexOf(to) > shippingStatuses.indexOf(order.shippingStatus);
  return further ? { ...order, shippingStatus: to } : order;
}

/** Why a status changed, in a word that clients may branch on. */
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
    case "PaymentCompleted":
      return "payment_captured";
    case "PaymentVoided":
      return "payment_voided";
    case "PaymentRefunded":
      return "payment_refunded";
    case "FulfillmentStarted":
      return "fulfillment_started";
    case "ShipmentDispatched":
      return "shipment_dispatched";
    case "ShipmentDelivered":
      return "shipment_delivered";
    case "DeadlinePassed":
      return "payment_deadline";
    default:
      return input satisfies never;
  }
}

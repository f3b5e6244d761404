import type { Decision } from "#services/commerce/orders/domain/decide.ts";
import type { Input, InputKind, Order } from "#services/commerce/orders/domain/order.ts";

export const TOTAL = 10_000;

export const newOrder: Order = {
  orderId: "ord_1",
  customerId: "cust_1",
  status: "pending_payment",
  paymentStatus: "pending",
  shippingStatus: "not_shipped",
  totalMinor: TOTAL,
  capturedMinor: 0,
  refundedMinor: 0,
  currency: "USD",
  version: 1,
  reason: null,
};

/** One input of each kind, in full amounts. */
export const inputs: { [K in InputKind]: Extract<Input, { kind: K }> } = {
  InventoryReserved: { kind: "InventoryReserved" },
  InventoryRejected: { kind: "InventoryRejected", reason: "out_of_stock" },
  InventoryReleased: { kind: "InventoryReleased" },
  InventoryCommitted: { kind: "InventoryCommitted" },
  PaymentAuthorized: { kind: "PaymentAuthorized", amountMinor: TOTAL, currency: "USD" },
  PaymentActionRequired: { kind: "PaymentActionRequired" },
  PaymentFailed: { kind: "PaymentFailed", errorCode: "card_declined" },
  PaymentCompleted: { kind: "PaymentCompleted", totalMinor: TOTAL, currency: "USD" },
  PaymentVoided: { kind: "PaymentVoided" },
  PaymentRefunded: { kind: "PaymentRefunded", totalMinor: TOTAL, currency: "USD" },
  FulfillmentStarted: { kind: "FulfillmentStarted" },
  ShipmentDispatched: { kind: "ShipmentDispatched" },
  ShipmentDelivered: { kind: "ShipmentDelivered" },
  CancelRequested: { kind: "CancelRequested", reason: "changed_my_mind" },
  DeadlinePassed: { kind: "DeadlinePassed" },
};
export const inputKinds = Object.keys(inputs) as InputKind[];

/** What must be true of every order, whatever happened to it; empty when all is well. */
export function faultsOf(order: Order): string[] {
  const ended = order.status === "cancelled" || order.status === "refunded";
  const rules: [string, boolean][] = [
    ["money is counted in whole minor units", [order.capturedMinor, order.refundedMinor].every(Number.isSafeInteger)],
    ["nothing is given back that was not taken", order.refundedMinor <= order.capturedMinor],
    ["paid means that all of it was captured", order.status !== "paid" || order.capturedMinor >= order.totalMinor],
    [
      "refunded means that all of it was given back",
      order.status !== "refunded" || order.refundedMinor >= order.totalMinor,
    ],
    ["an order ends for a reason, and only then has one", (order.reason !== null) === ended],
    ["shipped orders have left", order.status !== "shipped" || ["shipped", "delivered"].includes(order.shippingStatus)],
    ["delivered orders have arrived", order.status !== "delivered" || order.shippingStatus === "delivered"],
    ["captured money shows", order.capturedMinor === 0 || /captured|refunded/.test(order.paymentStatus)],
    ["captured means all of it", order.paymentStatus !== "captured" || order.capturedMinor >= order.totalMinor],
  ];
  return rules.filter(([, holds]) => !holds).map(([rule]) => `${rule}: ${JSON.stringify(order)}`);
}

/** Whether a decision's steps and facts tell the same story as its order; empty when they do. */
export function inconsistencies(before: Order, decision: Decision): string[] {
  const { order, steps, facts } = decision;
  const found: string[] = [];
  const moves = steps.filter(({ from, to }) => from !== to);
  const changes = facts.filter((fact) => fact.type === "statusChanged");
  if (order.version !== before.version + steps.length) found.push("versions have gaps");
  if (steps.some(({ version }, i) => version !== before.version + i + 1)) found.push("steps are not numbered in order");
  let at = before.status;
  for (const step of steps) {
    if (step.from !== at) found.push(`a step leaves ${step.from}, the order was ${at}`);
    at = step.to;
  }
  if (at !== order.status) found.push("the last step does not lead to the order's status");
  const told = changes.map(({ from, to }) => `${from}>${to}`).join();
  if (told !== moves.map(({ from, to }) => `${from}>${to}`).join()) found.push(`moves and facts differ: ${told}`);
  const count = (type: string) => facts.filter((fact) => fact.type === type).length;
  if (count("confirmed") !== moves.filter(({ to }) => to === "confirmed").length)
    found.push("OrderConfirmed does not match");
  if (count("cancelled") !== moves.filter(({ to }) => to === "cancelled").length)
    found.push("OrderCancelled does not match");
  return found;
}

import type { Decision } from "#services/commerce/orders/domain/decide.ts";
import type { Line } from "#services/commerce/orders/domain/lines.ts";
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
  underReview: false,
};

export function line(sku: string, quantity: number, priceMinor: number): Line {
  return { productId: "prod_1", sku, title: sku, quantity, priceMinor };
}

/** One input of each kind, with the full amount. */
export const inputs: { [K in InputKind]: Extract<Input, { kind: K }> } = {
  InventoryReserved: { kind: "InventoryReserved" },
  InventoryRejected: { kind: "InventoryRejected", reason: "out_of_stock" },
  InventoryReleased: { kind: "InventoryReleased" },
  InventoryCommitted: { kind: "InventoryCommitted" },
  PaymentAuthorized: { kind: "PaymentAuthorized", amountMinor: TOTAL, currency: "USD" },
  PaymentActionRequired: { kind: "PaymentActionRequired" },
  PaymentReplaced: { kind: "PaymentReplaced" },
  PaymentFailed: { kind: "PaymentFailed", errorCode: "card_declined" },
  PaymentCompleted: { kind: "PaymentCompleted", totalMinor: TOTAL, currency: "USD" },
  PaymentVoided: { kind: "PaymentVoided" },
  PaymentRefunded: { kind: "PaymentRefunded", totalMinor: TOTAL, currency: "USD" },
  PaymentRefundFailed: { kind: "PaymentRefundFailed", totalMinor: 0, currency: "USD" },
  DisputeOpened: { kind: "DisputeOpened" },
  DisputeClosed: { kind: "DisputeClosed" },
  FulfillmentStarted: { kind: "FulfillmentStarted" },
  ShipmentDispatched: { kind: "ShipmentDispatched" },
  ShipmentDelivered: { kind: "ShipmentDelivered" },
  ReviewApproved: { kind: "ReviewApproved" },
  ReviewRejected: { kind: "ReviewRejected" },
  RiskRefused: { kind: "RiskRefused" },
  CancelRequested: { kind: "CancelRequested", reason: "changed_my_mind" },
  DeadlinePassed: { kind: "DeadlinePassed" },
};
export const inputKinds = Object.keys(inputs) as InputKind[];

/** The invariants of an order that do not hold; empty when all hold. */
export function faultsOf(order: Order): string[] {
  const ended = order.status === "cancelled" || order.status === "refunded";
  const rules: [string, boolean][] = [
    ["amounts are whole minor units", [order.capturedMinor, order.refundedMinor].every(Number.isSafeInteger)],
    ["no more is refunded than was captured", order.refundedMinor <= order.capturedMinor],
    ["a paid order is captured in full", order.status !== "paid" || order.capturedMinor >= order.totalMinor],
    [
      "a refunded order is refunded in full, unless a refund has come back since",
      order.status !== "refunded" || order.paymentStatus !== "refunded" || order.refundedMinor >= order.totalMinor,
    ],
    [
      "only an order that waits for its payment is under review",
      !order.underReview || order.status === "pending_payment",
    ],
    ["a cancelled or refunded order has a reason, and no other", (order.reason !== null) === ended],
    [
      "a shipped order has a shipment that was shipped",
      order.status !== "shipped" || ["shipped", "delivered"].includes(order.shippingStatus),
    ],
    [
      "a delivered order has a shipment that was delivered",
      order.status !== "delivered" || order.shippingStatus === "delivered",
    ],
    [
      "the payment status shows captured money",
      order.capturedMinor === 0 || /captured|refunded/.test(order.paymentStatus),
    ],
    [
      "a captured payment is captured in full",
      order.paymentStatus !== "captured" || order.capturedMinor >= order.totalMinor,
    ],
  ];
  return rules.filter(([, holds]) => !holds).map(([rule]) => `${rule}: ${JSON.stringify(order)}`);
}

/** How steps and facts of a decision contradict its order; empty when they do not. */
export function inconsistencies(before: Order, decision: Decision): string[] {
  const { order, steps, facts } = decision;
  const found: string[] = [];
  const transitions = steps.filter(({ from, to }) => from !== to);
  const changes = facts.filter((fact) => fact.type === "statusChanged");
  if (order.version !== before.version + steps.length) found.push("versions have gaps");
  if (steps.some(({ version }, i) => version !== before.version + i + 1)) found.push("steps are not numbered in order");
  let at = before.status;
  for (const step of steps) {
    if (step.from !== at) found.push(`a step leaves ${step.from}, the order was ${at}`);
    at = step.to;
  }
  if (at !== order.status) found.push("the last step does not lead to the order's status");
  const published = changes.map(({ from, to }) => `${from}>${to}`).join();
  if (published !== transitions.map(({ from, to }) => `${from}>${to}`).join())
    found.push(`transitions and facts differ: ${published}`);
  const count = (type: string) => facts.filter((fact) => fact.type === type).length;
  if (count("cancelled") !== transitions.filter(({ to }) => to === "cancelled").length)
    found.push("OrderCancelled does not match");
  return found;
}

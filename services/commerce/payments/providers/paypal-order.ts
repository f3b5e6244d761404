import type { AuthorizationWithAdditionalData, LinkDescription, Order, OrdersCapture } from "@paypal/paypal-server-sdk";
import type { Charge } from "../domain/charge.ts";
import { paymentLimits } from "../domain/limits.ts";
import type { Answer } from "../domain/operation.ts";
import { fromPaypal } from "./paypal-money.ts";
import { declined } from "./refusals.ts";

// What an order at PayPal says. PayPal's library returns its statuses as texts.

const DAY_MS = 86_400_000;

/** PayPal's order, or its answer to the authorisation of one. */
export type OrderLike = Pick<Order, "id" | "status" | "purchaseUnits" | "links" | "createTime">;

function paymentsOf(order: OrderLike) {
  return order.purchaseUnits?.[0]?.payments ?? {};
}

export function authorizationOf(order: OrderLike): AuthorizationWithAdditionalData | undefined {
  return paymentsOf(order).authorizations?.[0];
}

/** The page on which the customer agrees. */
export function approvalUrl(links: readonly LinkDescription[] = []): string | undefined {
  return links.find(({ rel }) => rel === "payer-action" || rel === "approve")?.href;
}

export function actionRequired(order: OrderLike): Answer {
  const url = approvalUrl(order.links);
  if (order.id === undefined || url === undefined) throw new Error("PayPal does not say where the customer agrees.");
  return { kind: "actionRequired", reference: order.id, last4: null, action: { type: "redirect", url } };
}

/** What the authorisation of an order says; undefined while it has none. @throws Error while PayPal looks into it */
export function authorizedAnswer(order: OrderLike): Answer | undefined {
  const authorization = authorizationOf(order);
  if (!authorization) return undefined;
  const reference = order.id ?? "";
  switch (authorization.status as string) {
    case "CREATED":
    case "CAPTURED":
    case "PARTIALLY_CAPTURED": {
      const made = new Date(authorization.createTime ?? order.createTime ?? 0).getTime();
      const end = authorization.expirationTime ?? made + paymentLimits.PAYPAL_HOLD_DAYS * DAY_MS;
      return { kind: "authorized", reference, last4: null, expiresAt: new Date(end).toISOString() };
    }
    case "DENIED":
    case "VOIDED":
      return { ...declined(`AUTHORIZATION_${authorization.status}`, "PayPal has refused the payment."), reference };
    default:
      throw new Error(`PayPal says ${authorization.status} of the authorisation of ${reference}.`);
  }
}

/** Captures that have taken, or are taking, money. */
function capturesOf(order: OrderLike): OrdersCapture[] {
  return (paymentsOf(order).captures ?? []).filter(({ status }) => status !== "DECLINED" && status !== "FAILED");
}

function refundsOf(order: OrderLike) {
  return (paymentsOf(order).refunds ?? []).filter(({ status }) => status !== "CANCELLED" && status !== "FAILED");
}

const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0);

export function heldIn(order: OrderLike): number {
  const authorization = authorizationOf(order);
  const open = authorization?.status === "CREATED" || authorization?.status === "PARTIALLY_CAPTURED";
  if (!open) return 0;
  return Math.max(0, fromPaypal(authorization.amount) - sum(capturesOf(order).map(({ amount }) => fromPaypal(amount))));
}

/** Our captures carry the id of their operation as `invoice_id`. */
export function captureOf(order: OrderLike, operationId: string): OrdersCapture | undefined {
  return paymentsOf(order).captures?.find(({ invoiceId }) => invoiceId === operationId);
}

/** @throws Error while PayPal has not decided */
export function capturedAnswer({ status, id }: Pick<OrdersCapture, "status" | "id">, heldMinor: number): Answer {
  if (status === "DECLINED" || status === "FAILED") {
    return declined(`CAPTURE_${status}`, "PayPal could not take the money.");
  }
  if (status === "PENDING") throw new Error(`PayPal has not decided on the capture ${id}.`);
  return { kind: "captured", heldMinor };
}

/** What an operation has given back. Our refunds carry the id of their operation as `custom_id`. */
export function refundedBy(order: OrderLike, operationId: string): number {
  const own = refundsOf(order).filter(({ customId }) => customId === operationId);
  return sum(own.map(({ amount }) => fromPaypal(amount)));
}

/** How much of each capture an amount is given back from; undefined when the captures have less than that. */
export function refundParts(
  order: OrderLike,
  amountMinor: number,
): { captureId: string; amountMinor: number }[] | undefined {
  const parts: { captureId: string; amountMinor: number }[] = [];
  let left = amountMinor;
  for (const { id, amount } of capturesOf(order)) {
    if (id === undefined) continue;
    const given = refundsOf(order).filter(({ links }) => captureIdIn(links) === id);
    const room = fromPaypal(amount) - sum(given.map((refund) => fromPaypal(refund.amount)));
    const part = Math.min(room, left);
    if (part > 0) parts.push({ captureId: id, amountMinor: part });
    left -= Math.max(0, part);
  }
  return left === 0 ? parts : undefined;
}

function captureIdIn(links: readonly LinkDescription[] = []): string | undefined {
  return links
    .find(({ rel }) => rel === "up")
    ?.href.split("/")
    .at(-1);
}

/** Both ids of ours, as the order keeps them. */
export function customIdOf({ orderId, paymentId }: { orderId: string; paymentId: string }): string {
  return `${orderId}:${paymentId}`;
}

export function chargeFrom(order: OrderLike): Charge {
  const unit = order.purchaseUnits?.[0];
  const [orderId = null, paymentId = null] = unit?.customId?.split(":") ?? [];
  return {
    reference: order.id ?? "",
    state: stateOf(order),
    paymentId,
    orderId,
    currency: unit?.amount?.currencyCode ?? "",
    amountMinor: fromPaypal(unit?.amount),
    heldMinor: heldIn(order),
    capturedMinor: sum(
      capturesOf(order)
        .filter(({ status }) => status !== "PENDING")
        .map(({ amount }) => fromPaypal(amount)),
    ),
    refundedMinor: sum(refundsOf(order).map(({ amount }) => fromPaypal(amount))),
  };
}

function stateOf(order: OrderLike): Charge["state"] {
  const authorization = authorizationOf(order)?.status as string | undefined;
  if (authorization === "PENDING") return "waiting";
  if (authorization === "DENIED") return "declined";
  if (authorization === "VOIDED") return capturesOf(order).length > 0 ? "accepted" : "released";
  if (authorization !== undefined) return "accepted";
  if (order.status === "APPROVED") return "agreed";
  return order.status === "VOIDED" ? "released" : "waiting";
}

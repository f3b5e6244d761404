import { toMajor } from "#lib/contract/money.ts";
import type { ResultOf } from "#lib/contract/types.ts";
import type { payments } from "./contract.ts";
import { orderNotPayable, paymentDeclined, providerUnavailable } from "./domain/errors.ts";
import { fundsOf, statusOf } from "./domain/payment.ts";
import type { StoredPayment } from "./payments.store.ts";

/** A payment as clients see it. */
export function viewOf(stored: StoredPayment): ResultOf<typeof payments.actions.get> {
  const { payment, currency } = stored;
  const funds = fundsOf(payment);
  return {
    paymentId: stored.paymentId,
    orderId: stored.orderId,
    status: statusOf(payment),
    amount: toMajor(payment.amountMinor, currency),
    currency,
    capturedAmount: toMajor(funds.capturedMinor, currency),
    refundedAmount: toMajor(funds.refundedMinor, currency),
    paymentMethod: stored.last4 === null ? null : { type: "card", last4: stored.last4 },
    ...(stored.expiresAt ? { expiresAt: stored.expiresAt.toISOString() } : {}),
    ...("action" in payment ? { action: payment.action } : {}),
    ...(payment.state === "failed" ? { declineCode: payment.decline.code } : {}),
    createdAt: stored.createdAt.toISOString(),
  };
}

/**
 * The authorisation of a payment.
 * @throws DomainError PAYMENT_DECLINED when it failed or waits for the customer, ORDER_NOT_PAYABLE when the order was cancelled
 */
export function authorizationOf(stored: StoredPayment): ResultOf<typeof payments.actions.authorize> {
  const { payment, paymentId, currency, expiresAt } = stored;
  if (payment.state === "failed") throw paymentDeclined(payment.decline, { paymentId });
  if (payment.goal.kind === "cancel") throw orderNotPayable();
  if (payment.state === "requires_action") {
    const message = "The payment needs the customer's confirmation.";
    throw paymentDeclined({ code: "authentication_required", message }, { paymentId, action: payment.action });
  }
  if (expiresAt === null) throw providerUnavailable();
  const amount = toMajor(payment.amountMinor, currency);
  return { paymentId, status: "authorized", amount, currency, expiresAt: expiresAt.toISOString() };
}

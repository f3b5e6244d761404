import { toMajor } from "#lib/contract/money.ts";
import type { ResultOf } from "#lib/contract/types.ts";
import type { payments } from "./contract.ts";
import { orderNotPayable, paymentDeclined, providerUnavailable } from "./domain/errors.ts";
import { methodOf, typeOf } from "./domain/method.ts";
import { fundsOf, type Payment, statusOf } from "./domain/payment.ts";
import { capturedParts, storedMinorOf } from "./domain/split.ts";
import type { StoredPayment } from "./payments.store.ts";

type PaymentView = ResultOf<typeof payments.actions.get>;

/** A payment as clients see it. */
export function viewOf(stored: StoredPayment): PaymentView {
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
    provider: stored.provider,
    paymentMethod: methodViewOf(stored),
    ...(payment.parts.length > 0 ? { tenders: tenderViews(payment, currency) } : {}),
    ...(stored.expiresAt ? { expiresAt: stored.expiresAt.toISOString() } : {}),
    ...("action" in payment ? { action: payment.action } : {}),
    ...(payment.state === "failed" ? { declineCode: payment.decline.code } : {}),
    createdAt: stored.createdAt.toISOString(),
  };
}

function tenderViews(payment: Payment, currency: string) {
  const captured = capturedParts(payment);
  return payment.parts.map((part, i) => ({
    type: part.type,
    ...(part.type === "giftCard" ? { giftCardId: part.giftCardId } : {}),
    amount: toMajor(part.amountMinor, currency),
    capturedAmount: toMajor(captured[i] ?? 0, currency),
    refundedAmount: toMajor(part.refundedMinor, currency),
  }));
}

function methodViewOf({ methodId, last4, payment }: StoredPayment): PaymentView["paymentMethod"] {
  if (payment.parts.length > 0 && storedMinorOf(payment) === payment.amountMinor) return null;
  const method = methodOf(methodId);
  switch (method.type) {
    case "card":
    case "saved":
      return last4 === null ? null : { type: typeOf(method), last4 };
    case "emi": {
      const { type, plan, months } = method;
      return { type, plan, months, ...(last4 === null ? {} : { last4 }) };
    }
    case "wallet":
    case "bank_redirect":
      return method;
    case "upi":
      return { type: method.type };
    default:
      return method satisfies never;
  }
}

/**
 * The authorisation of a payment.
 * @param granted whether the request has waited for the authorisation, and it was granted: its answer is `authorized`,
 * although the saga may have captured the payment since. Otherwise a captured payment is answered as such.
 * @throws DomainError PAYMENT_DECLINED when it failed or waits for the customer, ORDER_NOT_PAYABLE when the order was
 * cancelled or the payment refunded
 */
export function authorizationOf(stored: StoredPayment, granted = false): ResultOf<typeof payments.actions.authorize> {
  const { payment, paymentId, currency, expiresAt } = stored;
  if (payment.state === "failed") throw paymentDeclined(payment.decline, { paymentId });
  if (payment.goal.kind === "cancel") throw orderNotPayable();
  if (payment.state === "requires_action") {
    const message = "The payment needs the customer's confirmation.";
    throw paymentDeclined({ code: "authentication_required", message }, { paymentId, action: payment.action });
  }
  const status = statusOf(payment);
  if (status === "refunded") throw orderNotPayable();
  if (expiresAt === null) throw providerUnavailable();
  const amount = toMajor(payment.amountMinor, currency);
  return {
    paymentId,
    status: status === "captured" && !granted ? "captured" : "authorized",
    amount,
    currency,
    expiresAt: expiresAt.toISOString(),
  };
}

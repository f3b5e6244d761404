import { toMajor } from "#lib/contract/money.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { payments } from "../contract.ts";
import type { Fact, Payment } from "../domain/payment.ts";
import { capturedParts } from "../domain/split.ts";
import type { StoredPayment } from "../payments.store.ts";

/**
 * Publishes what a decision on a payment means to others.
 * @param after the payment after the decision
 */
export function emitFact(tx: Transaction, stored: StoredPayment, fact: Fact, after: Payment): void {
  const { paymentId, orderId, customerId, currency, provider, payment } = stored;
  const { events } = payments;
  const base = { paymentId, orderId, customerId, currency };
  const major = (minor: number) => toMajor(minor, currency);
  const amount = major(payment.amountMinor);
  switch (fact.kind) {
    case "authorized":
      tx.emit(events.PaymentAuthorized, { ...base, amount, status: "authorized" });
      break;
    case "actionRequired":
      tx.emit(events.PaymentActionRequired, { ...base, amount, action: fact.action });
      break;
    case "failed":
      tx.emit(events.PaymentFailed, {
        ...base,
        amount,
        errorCode: fact.decline.code,
        errorMessage: fact.decline.message,
      });
      break;
    case "completed":
      tx.emit(events.PaymentCompleted, {
        ...base,
        provider,
        amount: major(fact.amountMinor),
        ...tendersOf(currency, after, difference(capturedParts(after), capturedParts(payment))),
        status: "captured",
        totalCaptured: major(fact.totalMinor),
      });
      break;
    case "voided":
      tx.emit(events.PaymentVoided, { ...base, amount: major(fact.amountMinor), reason: fact.reason });
      break;
    case "replaced":
      tx.emit(events.PaymentReplaced, { ...base, amount, nextPaymentId: fact.nextPaymentId });
      break;
    case "refunded":
      tx.emit(events.PaymentRefunded, {
        ...base,
        provider,
        refundId: fact.refundId,
        amount: major(fact.amountMinor),
        ...tendersOf(currency, after, difference(refundedParts(after), refundedParts(payment))),
        reason: fact.reason,
        totalRefunded: major(fact.totalMinor),
      });
      break;
    case "refundFailed":
      tx.emit(events.PaymentRefundFailed, {
        ...base,
        provider,
        amount: major(fact.amountMinor),
        totalRefunded: major(fact.totalMinor),
      });
      break;
    default:
      fact satisfies never;
  }
}

const refundedParts = ({ parts }: Payment) => parts.map(({ refundedMinor }) => refundedMinor);

function difference(after: readonly number[], before: readonly number[]): number[] {
  return after.map((amount, i) => amount - (before[i] ?? 0));
}

/** What gift cards and store credit have of the amount of an event. */
function tendersOf(currency: string, { parts }: Payment, amounts: readonly number[]) {
  const tenders = parts.flatMap((part, i) => {
    const amount = toMajor(amounts[i] ?? 0, currency);
    if (amount === 0) return [];
    return part.type === "giftCard"
      ? { type: part.type, giftCardId: part.giftCardId, amount }
      : { type: part.type, amount };
  });
  return tenders.length > 0 ? { tenders } : {};
}

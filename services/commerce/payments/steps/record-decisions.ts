import { newId } from "#lib/contract/ids.ts";
import { toMajor } from "#lib/contract/money.ts";
import type { Cause } from "#lib/sql/cause.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import { backoffMs } from "#lib/work-queue/backoff.ts";
import { payments } from "../contract.ts";
import { paymentLimits } from "../domain/limits.ts";
import type { ClientKey, Decision, Fact, NextOperation, Payment } from "../domain/payment.ts";
import { insertOperations, type NewOperation } from "../operations.store.ts";
import { type Learned, type StoredPayment, savePayments } from "../payments.store.ts";

/** A decision on one payment, not recorded yet. */
export interface DecidedPayment {
  stored: StoredPayment;
  decision: Extract<Decision, { kind: "next" }>;
  cause: Cause;
  learned?: Learned | undefined;
  /** The client's key, if a request caused the decision. */
  client?: ClientKey | undefined;
}

/**
 * Records decisions: payments, the operations that follow, and the events, in a fixed number of statements.
 * @returns the new operations' ids, in the order of the decisions; undefined where a decision begins none
 */
export async function recordDecisions(
  tx: Transaction,
  decided: readonly DecidedPayment[],
): Promise<(string | undefined)[]> {
  if (decided.length === 0) return [];
  savePayments(
    tx,
    decided.map(({ stored, decision, learned }) => ({
      paymentId: stored.paymentId,
      payment: decision.payment,
      learned,
    })),
  );
  const operations = decided.map(({ stored, decision, cause, client }) =>
    decision.operation
      ? newOperation(stored.paymentId, decision.operation, decision.payment, cause, client)
      : undefined,
  );
  const fresh = operations.filter((operation) => operation !== undefined);
  if (fresh.length > 0) insertOperations(tx, fresh);
  for (const { stored, decision, cause } of decided) {
    for (const fact of decision.facts) emit(tx.because(cause), stored, fact);
  }
  return operations.map((operation) => operation?.operationId);
}

/** A new operation. Its id becomes the idempotency key at the provider, and the id of a refund is shown to clients. */
export function newOperation(
  paymentId: string,
  { kind, amountMinor, ...rest }: NextOperation,
  { setbacks }: Payment,
  cause: Cause,
  client?: ClientKey,
): NewOperation {
  return {
    operationId: newId(kind === "refund" ? "refund" : "operation"),
    paymentId,
    kind,
    amountMinor,
    reason: "reason" in rest ? rest.reason : null,
    delayMs:
      setbacks === 0
        ? 0
        : backoffMs(setbacks, {
            firstMs: paymentLimits.OPERATION_BACKOFF_MS,
            capMs: paymentLimits.SETBACK_BACKOFF_CAP_MS,
          }),
    cause,
    client,
  };
}

function emit(tx: Transaction, { paymentId, orderId, customerId, currency, payment }: StoredPayment, fact: Fact): void {
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
        amount: major(fact.amountMinor),
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
        refundId: fact.refundId,
        amount: major(fact.amountMinor),
        reason: fact.reason,
        totalRefunded: major(fact.totalMinor),
      });
      break;
    default:
      fact satisfies never;
  }
}

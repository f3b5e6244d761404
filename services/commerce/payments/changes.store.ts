import type { Cause } from "#lib/sql/cause.ts";
import type { Transaction } from "#lib/sql/transaction.ts";
import type { OperationKind, Result } from "./domain/operation.ts";
import { type ClientKey, fundsOf, type Payment } from "./domain/payment.ts";
import type { ProviderName } from "./domain/provider-names.ts";
import { storedMinorOf, storedRefundedOf } from "./domain/split.ts";
import type { StoredPayable } from "./payables.store.ts";

export interface NewOperation {
  operationId: string;
  paymentId: string;
  kind: OperationKind;
  amountMinor: number;
  /** The part of gift cards and store credit. */
  storedMinor: number;
  asksProvider: boolean;
  reason: string | null;
  /** How long the queue leaves it alone: until it is due or, if it is claimed, until the claim ends. */
  delayMs: number;
  /** Whether this node attempts it right after the commit. */
  claimed: boolean;
  cause: Cause;
  client: ClientKey | undefined;
}

export interface NewPayment {
  paymentId: string;
  orderId: string;
  customerId: string;
  currency: string;
  methodId: string;
  provider: ProviderName;
  payment: Payment;
}

/** What an answer of the provider says besides the payment's state. */
export interface Learned {
  reference?: string | undefined;
  last4?: string | null | undefined;
  expiresAt?: string | undefined;
}

export interface ChangedPayment {
  paymentId: string;
  payment: Payment;
  learned: Learned;
}

/** A payable as it is from now on. `cancelReason` is that of a cancellation that has just become known. */
export type ChangedPayable = StoredPayable & { cancelReason: string | null };

/** What one transaction changes. The caller has locked every row that exists. */
export interface ChangedRows {
  /** Payables of orders that were unknown. */
  opened: readonly ChangedPayable[];
  payables: readonly ChangedPayable[];
  payments: readonly ChangedPayment[];
  begun: readonly NewPayment[];
  settled: readonly { operationId: string; answer: Result }[];
  added: readonly NewOperation[];
}

/**
 * Writes everything that follows from some messages or answers, in one statement. The provider may be asked for the added
 * operations only after the commit. When another transaction has opened one of the `opened` payables meanwhile, the
 * primary key refuses it; the batch is then retried and finds that payable.
 *
 * The subqueries that count decide the order: a payment ends before the one that replaces it begins, and an operation
 * before the next one of its payment, because the unique indexes allow one of each at a time.
 */
export function saveChanges(tx: Transaction, changed: ChangedRows): void {
  tx.write(
    `WITH opened AS (
       INSERT INTO payable (order_id, created, customer_id, amount_minor, currency, payment_method_id, reserved, cancelled,
                            cancel_reason, payment_id, country, tenders, under_review, approved)
       SELECT order_id, customer_id IS NOT NULL, customer_id, amount, currency, method, reserved, cancelled, reason, payment_id,
              country, tenders, under_review, approved
       FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::boolean[], $7::boolean[], $8::text[],
                   $9::text[], $10::text[], $11::json[], $12::boolean[], $13::boolean[])
         AS o (order_id, customer_id, amount, currency, method, reserved, cancelled, reason, payment_id, country, tenders,
               under_review, approved)
     ), known AS (
       UPDATE payable p SET
         created = n.customer_id IS NOT NULL, customer_id = n.customer_id, amount_minor = n.amount, currency = n.currency,
         payment_method_id = n.method, reserved = n.reserved, cancelled = n.cancelled,
         cancel_reason = coalesce(p.cancel_reason, n.reason), payment_id = n.payment_id, country = n.country,
         tenders = n.tenders, under_review = n.under_review, approved = n.approved
       FROM unnest($14::text[], $15::text[], $16::bigint[], $17::text[], $18::text[], $19::boolean[], $20::boolean[],
                   $21::text[], $22::text[], $23::text[], $24::json[], $25::boolean[], $26::boolean[])
         AS n (order_id, customer_id, amount, currency, method, reserved, cancelled, reason, payment_id, country, tenders,
               under_review, approved)
       WHERE p.order_id = n.order_id
     ), moved AS (
       UPDATE payment p SET
         state = n.state, held_minor = n.held, captured_minor = n.captured, refunded_minor = n.refunded,
         wish = n.wish, cancel_reason = n.cancel_reason, replacement = n.replacement, setbacks = n.setbacks,
         action = n.action, decline_code = n.decline_code, decline_message = n.decline_message,
         provider_reference = coalesce(n.reference, p.provider_reference), card_last4 = coalesce(n.last4, p.card_last4),
         expires_at = coalesce(n.expires_at, p.expires_at), updated_at = now(),
         parts = n.parts, stored_refunded_minor = n.stored_refunded
       FROM unnest($27::text[], $28::text[], $29::bigint[], $30::bigint[], $31::bigint[], $32::text[], $33::text[],
                   $34::int[], $35::json[], $36::text[], $37::text[], $38::text[], $39::text[], $40::timestamptz[],
                   $41::json[], $68::json[], $69::bigint[])
         AS n (payment_id, state, held, captured, refunded, wish, cancel_reason, setbacks, action, decline_code,
               decline_message, reference, last4, expires_at, replacement, parts, stored_refunded)
       WHERE p.payment_id = n.payment_id
       RETURNING 1
     ), begun AS (
       INSERT INTO payment (payment_id, order_id, customer_id, currency, payment_method_id, provider, amount_minor, state,
                            wish, cancel_reason, parts, stored_minor, decline_code, decline_message)
       SELECT b.* FROM unnest($42::text[], $43::text[], $44::text[], $45::text[], $46::text[], $47::text[], $48::bigint[],
                              $49::text[], $50::text[], $51::text[], $70::json[], $71::bigint[], $72::text[], $73::text[]) AS b
       WHERE (SELECT count(*) FROM moved) >= 0
     ), settled AS (
       UPDATE operation o SET state = n.state, answer = n.answer, last_error = NULL, settled_at = now()
       FROM unnest($52::text[], $53::text[], $54::json[]) AS n (operation_id, state, answer)
       WHERE o.operation_id = n.operation_id
       RETURNING 1
     )
     INSERT INTO operation (operation_id, payment_id, kind, amount_minor, reason, attempts, due_at, correlation_id,
                            causation_id, traceparent, client, client_key, client_hash, stored_minor, asks_provider)
     SELECT operation_id, payment_id, kind, amount, reason, attempts, now() + make_interval(secs => delay / 1000),
            correlation_id, causation_id, traceparent, client, client_key, client_hash, stored, asks_provider
     FROM unnest($55::text[], $56::text[], $57::text[], $58::bigint[], $59::text[], $60::int[], $61::float8[], $62::text[],
                 $63::text[], $64::text[], $65::text[], $66::text[], $67::text[], $74::bigint[], $75::boolean[])
       AS a (operation_id, payment_id, kind, amount, reason, attempts, delay, correlation_id, causation_id, traceparent,
             client, client_key, client_hash, stored, asks_provider)
     WHERE (SELECT count(*) FROM settled) >= 0`,
    [
      ...payableColumns(changed.opened),
      ...payableColumns(changed.payables),
      ...changedColumns(changed.payments),
      ...begunColumns(changed.begun),
      changed.settled.map(({ operationId }) => operationId),
      changed.settled.map(({ answer }) => (answer.kind === "declined" ? "declined" : "succeeded")),
      changed.settled.map(({ answer }) => JSON.stringify(answer)),
      ...addedColumns(changed.added),
      ...partColumns(changed),
    ],
  );
}

function payableColumns(payables: readonly ChangedPayable[]): unknown[][] {
  return [
    payables.map(({ orderId }) => orderId),
    payables.map(({ created }) => created?.customerId ?? null),
    payables.map(({ created }) => created?.amountMinor ?? null),
    payables.map(({ created }) => created?.currency ?? null),
    payables.map(({ created }) => created?.paymentMethodId ?? null),
    payables.map(({ reserved }) => reserved),
    payables.map(({ cancelled }) => cancelled),
    payables.map(({ cancelReason }) => cancelReason),
    payables.map(({ paymentId }) => paymentId),
    payables.map(({ created }) => created?.country ?? null),
    payables.map(({ created }) => (created && created.tenders.length > 0 ? JSON.stringify(created.tenders) : null)),
    payables.map(({ created }) => created?.underReview ?? false),
    payables.map(({ approved }) => approved),
  ];
}

function changedColumns(changed: readonly ChangedPayment[]): unknown[][] {
  const payments = changed.map(({ payment }) => payment);
  const funds = payments.map(fundsOf);
  return [
    changed.map(({ paymentId }) => paymentId),
    payments.map(({ state }) => state),
    funds.map(({ heldMinor }) => heldMinor),
    funds.map(({ capturedMinor }) => capturedMinor),
    funds.map(({ refundedMinor }) => refundedMinor),
    payments.map(({ goal }) => goal.kind),
    payments.map(cancelReasonOf),
    payments.map(({ setbacks }) => setbacks),
    payments.map((payment) => ("action" in payment ? JSON.stringify(payment.action) : null)),
    payments.map((payment) => (payment.state === "failed" ? payment.decline.code : null)),
    payments.map((payment) => (payment.state === "failed" ? payment.decline.message : null)),
    changed.map(({ learned }) => learned.reference ?? null),
    changed.map(({ learned }) => learned.last4 ?? null),
    changed.map(({ learned }) => learned.expiresAt ?? null),
    payments.map(({ goal }) => (goal.kind === "replace" ? JSON.stringify(goal.replacement) : null)),
  ];
}

function partColumns({ payments, begun, added }: ChangedRows): unknown[][] {
  return [
    payments.map(({ payment }) => partsOf(payment)),
    payments.map(({ payment }) => storedRefundedOf(payment)),
    begun.map(({ payment }) => partsOf(payment)),
    begun.map(({ payment }) => storedMinorOf(payment)),
    begun.map(({ payment }) => (payment.state === "failed" ? payment.decline.code : null)),
    begun.map(({ payment }) => (payment.state === "failed" ? payment.decline.message : null)),
    added.map(({ storedMinor }) => storedMinor),
    added.map(({ asksProvider }) => asksProvider),
  ];
}

function partsOf({ parts }: Payment): string | null {
  return parts.length > 0 ? JSON.stringify(parts) : null;
}

function cancelReasonOf({ goal }: Payment): string | null {
  return goal.kind === "cancel" ? goal.reason : null;
}

function begunColumns(begun: readonly NewPayment[]): unknown[][] {
  return [
    begun.map(({ paymentId }) => paymentId),
    begun.map(({ orderId }) => orderId),
    begun.map(({ customerId }) => customerId),
    begun.map(({ currency }) => currency),
    begun.map(({ methodId }) => methodId),
    begun.map(({ provider }) => provider),
    begun.map(({ payment }) => payment.amountMinor),
    begun.map(({ payment }) => payment.state),
    begun.map(({ payment }) => payment.goal.kind),
    begun.map(({ payment }) => cancelReasonOf(payment)),
  ];
}

function addedColumns(added: readonly NewOperation[]): unknown[][] {
  return [
    added.map(({ operationId }) => operationId),
    added.map(({ paymentId }) => paymentId),
    added.map(({ kind }) => kind),
    added.map(({ amountMinor }) => amountMinor),
    added.map(({ reason }) => reason),
    added.map(({ claimed }) => (claimed ? 1 : 0)),
    added.map(({ delayMs }) => delayMs),
    added.map(({ cause }) => cause.correlationId),
    added.map(({ cause }) => cause.causationId),
    added.map(({ cause }) => cause.traceparent),
    added.map(({ client }) => client?.client ?? null),
    added.map(({ client }) => client?.key ?? null),
    added.map(({ client }) => client?.hash ?? null),
  ];
}

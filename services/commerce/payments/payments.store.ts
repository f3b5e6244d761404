import { limits } from "#config/limits.ts";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import { paymentLimits } from "./domain/limits.ts";
import {
  type CustomerAction,
  fundsOf,
  type Goal,
  type Payment,
  type PaymentState,
  type Replacement,
} from "./domain/payment.ts";

interface PaymentRow {
  payment_id: string;
  order_id: string;
  customer_id: string;
  amount_minor: number;
  currency: string;
  payment_method_id: string;
  state: PaymentState;
  held_minor: number;
  captured_minor: number;
  refunded_minor: number;
  /** The goal of the order; the column has an older name. */
  wish: Goal["kind"];
  cancel_reason: string | null;
  replacement: Replacement | null;
  setbacks: number;
  action: CustomerAction | null;
  decline_code: string | null;
  decline_message: string | null;
  provider_reference: string | null;
  card_last4: string | null;
  expires_at: Date | null;
  created_at: Date;
}

/** A payment with its owner, its order and what the provider has said about it. `reference` is the provider's id. */
export interface StoredPayment {
  paymentId: string;
  orderId: string;
  customerId: string;
  currency: string;
  methodId: string;
  reference: string | null;
  last4: string | null;
  expiresAt: Date | null;
  createdAt: Date;
  payment: Payment;
}

/** What an answer of the provider says besides the payment's state. */
export interface Learned {
  reference?: string | undefined;
  last4?: string | null | undefined;
  expiresAt?: string | undefined;
}

const COLUMNS = `payment_id, order_id, customer_id, amount_minor, currency, payment_method_id, state, held_minor, captured_minor,
  refunded_minor, wish, cancel_reason, replacement, setbacks, action, decline_code, decline_message, provider_reference,
  card_last4, expires_at, created_at`;

function toPayment(row: PaymentRow): Payment {
  const common = { amountMinor: row.amount_minor, goal: toGoal(row), setbacks: row.setbacks };
  switch (row.state) {
    case "authorizing":
      return { ...common, state: row.state };
    case "requires_action":
    case "confirming":
      return { ...common, state: row.state, action: row.action ?? { type: "unknown", url: "" } };
    case "failed":
      return {
        ...common,
        state: row.state,
        decline: { code: row.decline_code ?? "unknown", message: row.decline_message ?? "" },
      };
    default: {
      const { held_minor, captured_minor, refunded_minor } = row;
      return {
        ...common,
        state: row.state,
        heldMinor: held_minor,
        capturedMinor: captured_minor,
        refundedMinor: refunded_minor,
      };
    }
  }
}

function toGoal(row: PaymentRow): Goal {
  if (row.wish === "cancel") return { kind: "cancel", reason: row.cancel_reason ?? "" };
  if (row.wish !== "replace") return { kind: row.wish };
  if (!row.replacement) throw new Error(`${row.payment_id} has no replacement.`); // a constraint excludes it
  return { kind: "replace", replacement: row.replacement };
}

function fromRow(row: PaymentRow): StoredPayment {
  return {
    paymentId: row.payment_id,
    orderId: row.order_id,
    customerId: row.customer_id,
    currency: row.currency,
    methodId: row.payment_method_id,
    reference: row.provider_reference,
    last4: row.card_last4,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    payment: toPayment(row),
  };
}

/** Locks payments in the order of their ids, so that two transactions cannot wait for each other. */
export async function lockPayments(tx: Queryable, paymentIds: readonly string[]): Promise<StoredPayment[]> {
  const rows = await tx.query<PaymentRow>(
    `SELECT ${COLUMNS} FROM payment WHERE payment_id = ANY ($1::text[]) ORDER BY payment_id FOR UPDATE`,
    [paymentIds],
  );
  return rows.map(fromRow);
}

/** Locks the live payments of orders. */
export async function lockLivePayments(tx: Queryable, orderIds: readonly string[]): Promise<StoredPayment[]> {
  const rows = await tx.query<PaymentRow>(
    `SELECT ${COLUMNS} FROM payment WHERE order_id = ANY ($1::text[]) AND state NOT IN ('failed', 'voided')
     ORDER BY payment_id FOR UPDATE`,
    [orderIds],
  );
  return rows.map(fromRow);
}

/**
 * Orders with a payment that has held money, or waited for its customer, for long: nothing has happened to it, and orders
 * was not asked about it. The longest first. The condition is that of the index `payment_held`.
 */
export async function findLongHeld(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ order_id: string }>(
    `SELECT order_id FROM payment
     WHERE (state IN ('authorized', 'requires_action') OR (state = 'captured' AND held_minor > 0))
       AND asked_at < now() - make_interval(mins => $1) AND updated_at < now() - make_interval(mins => $1)
     ORDER BY asked_at LIMIT $2`,
    [paymentLimits.HOLD_CHECK_MINUTES, limits.SWEEP_ROWS],
  );
  return rows.map((row) => row.order_id);
}

/** Records that orders was asked about these payments, locked by the caller. The next check is due after as long again. */
export function recordHoldCheck(tx: Transaction, paymentIds: readonly string[]): void {
  tx.write("UPDATE payment SET asked_at = now() WHERE payment_id = ANY ($1::text[])", [paymentIds]);
}

export async function readPayment(db: Queryable, paymentId: string): Promise<StoredPayment | undefined> {
  const [row] = await db.query<PaymentRow>(`SELECT ${COLUMNS} FROM payment WHERE payment_id = $1`, [paymentId]);
  return row && fromRow(row);
}

/** The latest payment of an order. */
export async function readPaymentOfOrder(db: Queryable, orderId: string): Promise<StoredPayment | undefined> {
  const [row] = await db.query<PaymentRow>(
    `SELECT ${COLUMNS} FROM payment WHERE payment_id = (SELECT payment_id FROM payable WHERE order_id = $1)`,
    [orderId],
  );
  return row && fromRow(row);
}

export interface NewPayment {
  paymentId: string;
  orderId: string;
  customerId: string;
  currency: string;
  methodId: string;
  payment: Payment;
}

/** Inserts new payments. Their payables, locked by the caller, point to them from now on. */
export function insertPayments(tx: Transaction, fresh: readonly NewPayment[]): void {
  tx.write(
    `WITH fresh AS (
       INSERT INTO payment (payment_id, order_id, customer_id, currency, payment_method_id, amount_minor, state)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[])
       RETURNING payment_id, order_id
     )
     UPDATE payable p SET payment_id = fresh.payment_id FROM fresh WHERE p.order_id = fresh.order_id`,
    [
      fresh.map((f) => f.paymentId),
      fresh.map((f) => f.orderId),
      fresh.map((f) => f.customerId),
      fresh.map((f) => f.currency),
      fresh.map((f) => f.methodId),
      fresh.map((f) => f.payment.amountMinor),
      fresh.map((f) => f.payment.state),
    ],
  );
}

/** Writes the new states of payments that the caller has locked. */
export function savePayments(
  tx: Transaction,
  changed: readonly { paymentId: string; payment: Payment; learned?: Learned | undefined }[],
): void {
  const payments = changed.map(({ payment }) => payment);
  const funds = payments.map(fundsOf);
  tx.write(
    `UPDATE payment p SET
       state = n.state, held_minor = n.held, captured_minor = n.captured, refunded_minor = n.refunded,
       wish = n.wish, cancel_reason = n.cancel_reason, replacement = n.replacement, setbacks = n.setbacks, action = n.action,
       decline_code = n.decline_code, decline_message = n.decline_message,
       provider_reference = coalesce(n.reference, p.provider_reference), card_last4 = coalesce(n.last4, p.card_last4),
       expires_at = coalesce(n.expires_at, p.expires_at), updated_at = now()
     FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::int[],
                 $9::json[], $10::text[], $11::text[], $12::text[], $13::text[], $14::timestamptz[], $15::json[])
       AS n (payment_id, state, held, captured, refunded, wish, cancel_reason, setbacks, action, decline_code,
             decline_message, reference, last4, expires_at, replacement)
     WHERE p.payment_id = n.payment_id`,
    [
      changed.map(({ paymentId }) => paymentId),
      payments.map(({ state }) => state),
      funds.map(({ heldMinor }) => heldMinor),
      funds.map(({ capturedMinor }) => capturedMinor),
      funds.map(({ refundedMinor }) => refundedMinor),
      payments.map(({ goal }) => goal.kind),
      payments.map(({ goal }) => (goal.kind === "cancel" ? goal.reason : null)),
      payments.map(({ setbacks }) => setbacks),
      payments.map((payment) => ("action" in payment ? JSON.stringify(payment.action) : null)),
      payments.map((payment) => (payment.state === "failed" ? payment.decline.code : null)),
      payments.map((payment) => (payment.state === "failed" ? payment.decline.message : null)),
      changed.map(({ learned }) => learned?.reference ?? null),
      changed.map(({ learned }) => learned?.last4 ?? null),
      changed.map(({ learned }) => learned?.expiresAt ?? null),
      payments.map(({ goal }) => (goal.kind === "replace" ? JSON.stringify(goal.replacement) : null)),
    ],
  );
}

import { limits } from "#config/limits.ts";
import type { Queryable } from "#lib/sql/transaction.ts";
import type { Charge } from "./domain/charge.ts";
import { paymentLimits } from "./domain/limits.ts";
import type { CustomerAction, Goal, Payment, PaymentState, Replacement } from "./domain/payment.ts";
import type { ProviderName } from "./domain/provider-names.ts";
import type { Part } from "./domain/tender.ts";

export interface PaymentRow {
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
  parts: Part[] | null;
  /** The goal of the order; the column has an older name. */
  wish: Goal["kind"];
  cancel_reason: string | null;
  replacement: Replacement | null;
  setbacks: number;
  action: CustomerAction | null;
  decline_code: string | null;
  decline_message: string | null;
  provider: ProviderName;
  provider_reference: string | null;
  card_last4: string | null;
  expires_at: Date | null;
  created_at: Date;
  updated_at: string;
}

/** A payment with its owner, its order and what the provider has said about it. `reference` is the provider's id. */
export interface StoredPayment {
  paymentId: string;
  orderId: string;
  customerId: string;
  currency: string;
  methodId: string;
  provider: ProviderName;
  reference: string | null;
  last4: string | null;
  expiresAt: Date | null;
  createdAt: Date;
  /** Changes with each change of the payment: only for comparing. */
  updatedAt: string;
  payment: Payment;
}

export const COLUMNS = `payment_id, order_id, customer_id, amount_minor, currency, payment_method_id, state, held_minor, captured_minor,
  refunded_minor, parts, wish, cancel_reason, replacement, setbacks, action, decline_code, decline_message, provider, provider_reference,
  card_last4, expires_at, created_at, updated_at::text AS updated_at`;

function toPayment(row: PaymentRow): Payment {
  const { amount_minor: amountMinor, setbacks } = row;
  const common = { amountMinor, parts: row.parts ?? [], goal: toGoal(row), setbacks };
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

export function toStoredPayment(row: PaymentRow): StoredPayment {
  return {
    paymentId: row.payment_id,
    orderId: row.order_id,
    customerId: row.customer_id,
    currency: row.currency,
    methodId: row.payment_method_id,
    provider: row.provider,
    reference: row.provider_reference,
    last4: row.card_last4,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    payment: toPayment(row),
  };
}

/** Locks payments in the order of their ids, so that two transactions cannot wait for each other. */
export async function lockPayments(tx: Queryable, paymentIds: readonly string[]): Promise<StoredPayment[]> {
  const rows = await tx.query<PaymentRow>(
    `SELECT ${COLUMNS} FROM payment WHERE payment_id = ANY ($1::text[]) ORDER BY payment_id FOR UPDATE`,
    [paymentIds],
  );
  return rows.map(toStoredPayment);
}

/**
 * Orders with a payment that has held money, or waited for its customer, for long: nothing has happened to it, and orders
 * was not asked about it. The longest first. The condition contains that of the index `payment_held`.
 */
export async function findLongHeld(db: Queryable): Promise<string[]> {
  const rows = await db.query<{ order_id: string }>(
    `SELECT order_id FROM payment
     WHERE unfinished AND (state IN ('authorized', 'requires_action') OR (state = 'captured' AND held_minor > 0))
       AND asked_at < now() - make_interval(mins => $1) AND updated_at < now() - make_interval(mins => $1)
     ORDER BY asked_at LIMIT $2`,
    [paymentLimits.HOLD_CHECK_MINUTES, limits.SWEEP_ROWS],
  );
  return rows.map((row) => row.order_id);
}

/** Records that orders was asked about these orders. The next check of their payments is due after as long again. */
export async function recordHoldCheck(db: Queryable, orderIds: readonly string[]): Promise<void> {
  await db.query("UPDATE payment SET asked_at = now() WHERE order_id = ANY ($1::text[]) AND live", [orderIds]);
}

export async function readPayment(db: Queryable, paymentId: string): Promise<StoredPayment | undefined> {
  const [row] = await db.query<PaymentRow>(`SELECT ${COLUMNS} FROM payment WHERE payment_id = $1`, [paymentId]);
  return row && toStoredPayment(row);
}

/** The latest payment of an order. */
export async function readPaymentOfOrder(db: Queryable, orderId: string): Promise<StoredPayment | undefined> {
  const [row] = await db.query<PaymentRow>(
    `SELECT ${COLUMNS} FROM payment WHERE payment_id = (SELECT payment_id FROM payable WHERE order_id = $1)`,
    [orderId],
  );
  return row && toStoredPayment(row);
}

/** The latest payment of each of these orders. */
export async function readPaymentsOfOrders(db: Queryable, orderIds: readonly string[]): Promise<StoredPayment[]> {
  const rows = await db.query<PaymentRow>(
    `SELECT ${COLUMNS} FROM payment
     WHERE payment_id = ANY (ARRAY(SELECT payment_id FROM payable WHERE order_id = ANY ($1::text[])))`,
    [orderIds],
  );
  return rows.map(toStoredPayment);
}

/**
 * The payment of a provider's charge: by our id if the provider keeps it, otherwise by the order. A payment that has another
 * charge is not that of this one, whatever the provider keeps with it.
 */
export async function readPaymentOf(
  db: Queryable,
  { reference, paymentId, orderId }: Pick<Charge, "reference" | "paymentId" | "orderId">,
): Promise<StoredPayment | undefined> {
  if (paymentId !== null) {
    const stored = await readPayment(db, paymentId);
    return stored && mayHave(stored, reference) ? stored : undefined;
  }
  const [row] = await db.query<PaymentRow>(
    `SELECT ${COLUMNS} FROM payment WHERE order_id = $1 AND provider_reference = $2`,
    [orderId, reference],
  );
  return row && toStoredPayment(row);
}

/** The payments of charges, by the reference of each charge. */
export async function readPaymentsOf(
  db: Queryable,
  charges: readonly Charge[],
): Promise<ReadonlyMap<string, StoredPayment>> {
  const rows = await db.query<PaymentRow>(
    `SELECT ${COLUMNS} FROM payment
     WHERE payment_id = ANY ($1::text[]) OR (order_id = ANY ($2::text[]) AND provider_reference = ANY ($3::text[]))`,
    [
      charges.flatMap(({ paymentId }) => paymentId ?? []),
      charges.flatMap(({ paymentId, orderId }) => (paymentId === null && orderId !== null ? orderId : [])),
      charges.flatMap(({ paymentId, reference }) => (paymentId === null ? reference : [])),
    ],
  );
  const stored = rows.map(toStoredPayment);
  const byId = new Map(stored.map((payment) => [payment.paymentId, payment]));
  const byReference = new Map(stored.map((payment) => [payment.reference, payment]));
  return new Map(
    charges.flatMap(({ reference, paymentId }) => {
      const payment = (paymentId !== null && byId.get(paymentId)) || byReference.get(reference);
      return payment && mayHave(payment, reference) ? [[reference, payment]] : [];
    }),
  );
}

/** Until a payment knows its charge, any that names the payment may be it. */
function mayHave(stored: StoredPayment, reference: string): boolean {
  return stored.reference === null || stored.reference === reference;
}

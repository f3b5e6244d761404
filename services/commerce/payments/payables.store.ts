import type { Queryable } from "#lib/sql/transaction.ts";
import type { Payable } from "./domain/payable.ts";
import type { Tender } from "./domain/tender.ts";
import { COLUMNS as PAYMENT_COLUMNS, type PaymentRow, type StoredPayment, toStoredPayment } from "./payments.store.ts";

/** The names do not occur in `payment`, so that one row can hold both. */
interface PayableRow {
  payable_of: string;
  payer: string | null;
  due_minor: number | null;
  due_currency: string | null;
  chosen_method: string | null;
  ships_to: string | null;
  created: boolean;
  due_tenders: Tender[] | null;
  under_review: boolean;
  reserved: boolean;
  approved: boolean;
  cancelled: boolean;
  latest_payment: string | null;
}

export type StoredPayable = Payable & { orderId: string };

const COLUMNS = `order_id AS payable_of, customer_id AS payer, amount_minor AS due_minor, currency AS due_currency,
  payment_method_id AS chosen_method, country AS ships_to, tenders AS due_tenders, under_review, created, reserved, approved, cancelled, payment_id AS latest_payment`;

function fromRow(row: PayableRow): StoredPayable {
  const { payer, due_minor, due_currency, chosen_method } = row;
  return {
    orderId: row.payable_of,
    created:
      row.created && payer !== null && due_minor !== null && due_currency !== null && chosen_method !== null
        ? {
            customerId: payer,
            amountMinor: due_minor,
            currency: due_currency,
            paymentMethodId: chosen_method,
            country: row.ships_to,
            tenders: row.due_tenders ?? [],
            underReview: row.under_review,
          }
        : null,
    reserved: row.reserved,
    approved: row.approved,
    cancelled: row.cancelled,
    paymentId: row.latest_payment,
  };
}

/** A payable and its latest payment, if there is one. */
export interface Account {
  payable: StoredPayable;
  payment: StoredPayment | undefined;
}

/**
 * Locks the payables of orders and then their latest payments, each in the order of their ids, so that two transactions
 * cannot wait for each other. Unknown orders are left out.
 * @throws Error when a payable points to a payment that was begun while this statement waited for the payable; a retry
 * sees it
 */
export async function lockAccounts(tx: Queryable, orderIds: readonly string[]): Promise<Account[]> {
  const rows = await tx.query<PayableRow & (PaymentRow | { payment_id: null })>(
    `WITH known AS MATERIALIZED (
       SELECT ${COLUMNS} FROM payable WHERE order_id = ANY ($1::text[]) ORDER BY order_id FOR UPDATE
     ), paying AS MATERIALIZED (
       SELECT ${PAYMENT_COLUMNS} FROM payment WHERE payment_id = ANY (ARRAY(SELECT latest_payment FROM known))
       ORDER BY payment_id FOR UPDATE
     )
     SELECT * FROM known LEFT JOIN paying ON payment_id = latest_payment`,
    [orderIds],
  );
  return rows.map((row) => {
    const payable = fromRow(row);
    if (row.payment_id !== null) return { payable, payment: toStoredPayment(row) };
    if (payable.paymentId !== null) throw new Error(`The payment ${payable.paymentId} is not visible yet.`);
    return { payable, payment: undefined };
  });
}

/** Locks payables in the order of their ids, so that two transactions cannot wait for each other. */
export async function lockPayables(tx: Queryable, orderIds: readonly string[]): Promise<StoredPayable[]> {
  const rows = await tx.query<PayableRow>(
    `SELECT ${COLUMNS} FROM payable WHERE order_id = ANY ($1::text[]) ORDER BY order_id FOR UPDATE`,
    [orderIds],
  );
  return rows.map(fromRow);
}

/** Whether the order's event has arrived. Does not wait for transactions that lock the row. */
export async function isKnown(db: Queryable, orderId: string): Promise<boolean> {
  const [row] = await db.query("SELECT 1 AS known FROM payable WHERE order_id = $1 AND created", [orderId]);
  return row !== undefined;
}

/** Where an order goes to; null when that is not known. */
export async function countryOf(db: Queryable, orderId: string): Promise<string | null> {
  const [row] = await db.query<{ country: string | null }>("SELECT country FROM payable WHERE order_id = $1", [
    orderId,
  ]);
  return row?.country ?? null;
}

import type { Queryable } from "#lib/sql/transaction.ts";
import type { Payable } from "./domain/payable.ts";

interface PayableRow {
  order_id: string;
  customer_id: string | null;
  amount_minor: number | null;
  currency: string | null;
  payment_method_id: string | null;
  created: boolean;
  reserved: boolean;
  cancelled: boolean;
  payment_id: string | null;
}

export type StoredPayable = Payable & { orderId: string };

const COLUMNS =
  "order_id, customer_id, amount_minor, currency, payment_method_id, created, reserved, cancelled, payment_id";

function fromRow(row: PayableRow): StoredPayable {
  const { customer_id, amount_minor, currency, payment_method_id } = row;
  return {
    orderId: row.order_id,
    created:
      row.created && customer_id !== null && amount_minor !== null && currency !== null && payment_method_id !== null
        ? { customerId: customer_id, amountMinor: amount_minor, currency, paymentMethodId: payment_method_id }
        : null,
    reserved: row.reserved,
    cancelled: row.cancelled,
    paymentId: row.payment_id,
  };
}

/** Records orders and their totals. Locks the rows, and returns what is known of them now. */
export async function recordCreated(
  tx: Queryable,
  orders: readonly {
    orderId: string;
    customerId: string;
    amountMinor: number;
    currency: string;
    paymentMethodId: string;
  }[],
): Promise<StoredPayable[]> {
  const rows = await tx.query<PayableRow>(
    `INSERT INTO payable AS p (order_id, customer_id, amount_minor, currency, payment_method_id, created)
     SELECT o.*, true FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[]) AS o (order_id) ORDER BY order_id
     ON CONFLICT (order_id) DO UPDATE SET customer_id = EXCLUDED.customer_id, amount_minor = EXCLUDED.amount_minor,
       currency = EXCLUDED.currency, payment_method_id = EXCLUDED.payment_method_id, created = true
     RETURNING ${COLUMNS}`,
    [
      orders.map((o) => o.orderId),
      orders.map((o) => o.customerId),
      orders.map((o) => o.amountMinor),
      orders.map((o) => o.currency),
      orders.map((o) => o.paymentMethodId),
    ],
  );
  return rows.map(fromRow);
}

/** Records that the stock of orders is reserved. */
export async function recordReserved(tx: Queryable, orderIds: readonly string[]): Promise<StoredPayable[]> {
  const rows = await tx.query<PayableRow>(
    `INSERT INTO payable AS p (order_id, reserved) SELECT order_id, true FROM unnest($1::text[]) AS order_id ORDER BY order_id
     ON CONFLICT (order_id) DO UPDATE SET reserved = true
     RETURNING ${COLUMNS}`,
    [orderIds],
  );
  return rows.map(fromRow);
}

/** Records that orders are cancelled. An order that is not known yet gets a row that says only this (a tombstone). */
export async function recordCancelled(
  tx: Queryable,
  orders: readonly { orderId: string; reason: string }[],
): Promise<StoredPayable[]> {
  const rows = await tx.query<PayableRow>(
    `INSERT INTO payable AS p (order_id, cancelled, cancel_reason)
     SELECT order_id, true, reason FROM unnest($1::text[], $2::text[]) AS o (order_id, reason) ORDER BY order_id
     ON CONFLICT (order_id) DO UPDATE SET cancelled = true, cancel_reason = coalesce(p.cancel_reason, EXCLUDED.cancel_reason)
     RETURNING ${COLUMNS}`,
    [orders.map((o) => o.orderId), orders.map((o) => o.reason)],
  );
  return rows.map(fromRow);
}

/** Locks payables in the order of their ids, so that two transactions cannot wait for each other. */
export async function lockPayables(tx: Queryable, orderIds: readonly string[]): Promise<void> {
  await tx.query("SELECT FROM payable WHERE order_id = ANY ($1::text[]) ORDER BY order_id FOR UPDATE", [orderIds]);
}

export async function lockPayable(tx: Queryable, orderId: string): Promise<StoredPayable | undefined> {
  const [row] = await tx.query<PayableRow>(`SELECT ${COLUMNS} FROM payable WHERE order_id = $1 FOR UPDATE`, [orderId]);
  return row && fromRow(row);
}

/** Whether the order's event has arrived. Does not wait for transactions that lock the row. */
export async function isKnown(db: Queryable, orderId: string): Promise<boolean> {
  const [row] = await db.query("SELECT 1 AS known FROM payable WHERE order_id = $1 AND created", [orderId]);
  return row !== undefined;
}

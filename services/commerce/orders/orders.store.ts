import { limits } from "#config/limits.ts";
import type { Database } from "#lib/sql/database.ts";
import type { Queryable, Transaction } from "#lib/sql/transaction.ts";
import type { Step } from "./domain/decide.ts";
import { orderLimits } from "./domain/limits.ts";
import type { Line } from "./domain/lines.ts";
import type { Order, OrderStatus, PaymentStatus, ShippingStatus } from "./domain/order.ts";
import type { ShippingMethod } from "./domain/shipping-methods.ts";
import type { OrderTerms } from "./domain/terms.ts";

export interface Address {
  street: string;
  city: string;
  state: string;
  zipCode: string;
  country?: string;
}

/** The origin of one step of an order's history. */
export interface Origin {
  /** Id of the event or request. */
  cause: string;
  correlationId: string;
  service: string;
  node: string;
  /** How often it was tried until the step was applied. */
  attempts: number;
}

export interface HistoryStep extends Step, Origin {
  orderId: string;
  /** What happened. */
  step: string;
  detail: object;
}

export interface ReceiptRow extends OrderTerms {
  orderId: string;
  status: OrderStatus;
  paymentStatus: PaymentStatus;
  totalMinor: number;
  currency: string;
  reason: string | null;
  createdAt: Date;
  estimatedDelivery: Date;
}

export interface OrderRow extends ReceiptRow {
  customerId: string;
  shippingStatus: ShippingStatus;
  shippingAddress: Address;
  billingAddress: Address | null;
  shippingMethod: ShippingMethod;
  email: string | null;
  updatedAt: Date;
  lines: Line[];
}

export interface TimelineRow extends Origin {
  customerId: string;
  version: number;
  step: string;
  fromStatus: OrderStatus | null;
  toStatus: OrderStatus;
  at: Date;
  detail: Record<string, unknown>;
}

/** Locks orders sorted by id, so that two transactions cannot deadlock on them. */
export async function lockOrders(db: Queryable, orderIds: readonly string[]): Promise<Map<string, Order>> {
  const rows = await db.query<Order>(
    `SELECT order_id AS "orderId", customer_id AS "customerId", status, payment_status AS "paymentStatus",
            shipping_status AS "shippingStatus", total_minor AS "totalMinor", captured_minor AS "capturedMinor",
            refunded_minor AS "refundedMinor", currency, version, reason, under_review AS "underReview"
     FROM orders WHERE order_id = ANY ($1::text[]) ORDER BY order_id FOR UPDATE`,
    [orderIds],
  );
  return new Map(rows.map((row) => [row.orderId, row]));
}

/** An order as it was decided. */
export interface ChangedOrder {
  order: Order;
  /** The new deadline in minutes from now: null for no deadline, undefined to keep the present one. */
  deadlineMinutes: number | null | undefined;
  /** Whether it is past a deadline after which only an operator can decide. */
  overdue: boolean;
}

/** Writes locked orders and the new steps of their histories, in one round trip. */
export function saveOrders(tx: Transaction, changed: readonly ChangedOrder[], steps: readonly HistoryStep[]): void {
  const orders = changed.map(({ order }) => order);
  // clock_timestamp() is read after the locks, now() at the start of the transaction: so history never runs backwards.
  tx.write(
    `WITH moved AS (
       UPDATE orders o
       SET status = n.status, payment_status = n.payment_status, shipping_status = n.shipping_status,
           captured_minor = n.captured_minor, refunded_minor = n.refunded_minor, version = n.version, reason = n.reason,
           under_review = n.under_review,
           updated_at = clock_timestamp(),
           overdue_since = CASE WHEN n.overdue THEN coalesce(o.overdue_since, clock_timestamp())
                                WHEN n.status = o.status THEN o.overdue_since END,
           deadline_at = CASE WHEN n.keeps_deadline THEN o.deadline_at
                              ELSE clock_timestamp() + make_interval(mins => n.deadline_minutes) END
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::int[], $8::text[],
                   $9::boolean[], $10::int[], $22::boolean[], $23::boolean[])
         AS n (order_id, status, payment_status, shipping_status, captured_minor, refunded_minor, version, reason,
               keeps_deadline, deadline_minutes, overdue, under_review)
       WHERE o.order_id = n.order_id
     )
     INSERT INTO order_history (order_id, version, step, from_status, to_status, cause, correlation_id, service, node,
                                attempts, at, detail)
     SELECT order_id, version, step, from_status, to_status, cause, correlation_id, service, node, attempts,
            clock_timestamp(), detail
     FROM unnest($11::text[], $12::int[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], $18::text[],
                 $19::text[], $20::json[], $21::int[])
       AS h (order_id, version, step, from_status, to_status, cause, correlation_id, service, node, detail, attempts)`,
    [
      orders.map(({ orderId }) => orderId),
      orders.map(({ status }) => status),
      orders.map(({ paymentStatus }) => paymentStatus),
      orders.map(({ shippingStatus }) => shippingStatus),
      orders.map(({ capturedMinor }) => capturedMinor),
      orders.map(({ refundedMinor }) => refundedMinor),
      orders.map(({ version }) => version),
      orders.map(({ reason }) => reason),
      changed.map((change) => change.deadlineMinutes === undefined),
      changed.map((change) => change.deadlineMinutes ?? null),
      steps.map(({ orderId }) => orderId),
      steps.map(({ version }) => version),
      steps.map(({ step }) => step),
      steps.map(({ from }) => from),
      steps.map(({ to }) => to),
      steps.map(({ cause }) => cause),
      steps.map(({ correlationId }) => correlationId),
      steps.map(({ service }) => service),
      steps.map(({ node }) => node),
      steps.map(({ detail }) => JSON.stringify(detail)),
      steps.map(({ attempts }) => attempts),
      changed.map(({ overdue }) => overdue),
      orders.map(({ underReview }) => underReview),
    ],
  );
}

/** Locks orders past their deadline, the oldest deadline first. Orders that another transaction has locked are left out. */
export async function lockOverdue(db: Queryable, limit: number): Promise<string[]> {
  const rows = await db.query<{ order_id: string }>(
    "SELECT order_id FROM orders WHERE deadline_at <= now() ORDER BY deadline_at LIMIT $1 FOR UPDATE SKIP LOCKED",
    [limit],
  );
  return rows.map((row) => row.order_id);
}

/** How many orders are past a deadline that has not cancelled them, including those that no sweep has found in time. */
export async function countStuck(db: Queryable): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `SELECT (SELECT count(*) FROM orders WHERE overdue_since IS NOT NULL)
          + (SELECT count(*) FROM orders WHERE deadline_at < now() - make_interval(secs => $1) AND overdue_since IS NULL)
       AS count`,
    [limits.SWEEPER_GRACE_SECONDS],
  );
  return row?.count ?? 0;
}

const TERMS = `coalesce(tenders, '[]') AS tenders, coalesce(taxes, '[]') AS taxes, coalesce(line_taxes, '[]') AS "lineTaxes",
  tax_id AS "taxId", coalesce(discounts, '[]') AS discounts, coalesce(coupons, '[]') AS coupons, under_review AS "underReview"`;

/** Orders with their lines, in the sequence of `orderIds`; unknown orders are left out. */
export async function findOrders(db: Queryable, orderIds: readonly string[]): Promise<OrderRow[]> {
  return db.query<OrderRow>(
    `SELECT o.order_id AS "orderId", customer_id AS "customerId", status, payment_status AS "paymentStatus",
            shipping_status AS "shippingStatus", total_minor AS "totalMinor", currency, reason,
            shipping_address AS "shippingAddress", shipping_method AS "shippingMethod", email, created_at AS "createdAt", updated_at AS "updatedAt",
            estimated_delivery AS "estimatedDelivery", billing_address AS "billingAddress",
            ${TERMS},
            (SELECT json_agg(json_strip_nulls(json_build_object('productId', product_id, 'sku', sku, 'sellerId', seller_id,
                                                                'title', title, 'quantity', quantity,
                                                                'priceMinor', price_minor,
                                                                'discountMinor', discount_minor)) ORDER BY line_no)
             FROM order_line l WHERE l.order_id = o.order_id) AS lines
     FROM unnest($1::text[]) WITH ORDINALITY AS requested (order_id, position) JOIN orders o USING (order_id)
     ORDER BY requested.position`,
    [orderIds],
  );
}

/** One page of orders, the newest first. The ids sort by creation time. */
export async function pageOrders(
  db: Database,
  query: {
    page?: number | undefined;
    limit?: number | undefined;
    where: { customerId?: string; status?: OrderStatus };
  },
) {
  const { rows, pagination } = await db.page<{ orderId: string }>({ ...query, sort: "-orderId" });
  const orderIds = rows.map(({ orderId }) => orderId);
  return { rows: await findOrders(db, orderIds), pagination };
}

/** One page of the orders that a seller has lines in, the newest first. */
export async function pageOfSeller(
  db: Queryable,
  sellerId: string,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ rows: OrderRow[]; total: number }> {
  const [found] = await db.query<{ orderIds: string[]; total: number }>(
    `WITH own AS (SELECT DISTINCT order_id FROM order_line WHERE seller_id = $1)
     SELECT ARRAY(SELECT order_id FROM own ORDER BY order_id DESC LIMIT $2 OFFSET $3) AS "orderIds",
            (SELECT count(*)::int FROM own) AS total`,
    [sellerId, limit, offset],
  );
  const { orderIds = [], total = 0 } = found ?? {};
  return { rows: await findOrders(db, orderIds), total };
}

export const RECEIPT = `order_id AS "orderId", status, payment_status AS "paymentStatus", total_minor AS "totalMinor", currency,
  reason, created_at AS "createdAt", estimated_delivery AS "estimatedDelivery",
  ${TERMS}`;

export async function findReceipts(db: Queryable, orderIds: readonly string[]): Promise<ReceiptRow[]> {
  return db.query<ReceiptRow>(`SELECT ${RECEIPT} FROM orders WHERE order_id = ANY ($1::text[])`, [orderIds]);
}

export async function findStatuses(
  db: Queryable,
  orderIds: readonly string[],
): Promise<{ orderId: string; status: OrderStatus }[]> {
  return db.query(`SELECT order_id AS "orderId", status FROM orders WHERE order_id = ANY ($1::text[])`, [orderIds]);
}

/** The history of one order, oldest first; empty when there is no such order. */
export async function findTimeline(db: Queryable, orderId: string): Promise<TimelineRow[]> {
  return db.query<TimelineRow>(
    `SELECT o.customer_id AS "customerId", h.version, h.step, h.from_status AS "fromStatus", h.to_status AS "toStatus",
            h.cause, h.correlation_id AS "correlationId", h.service, h.node, h.attempts, h.at, h.detail
     FROM orders o JOIN order_history h USING (order_id)
     WHERE o.order_id = $1 ORDER BY h.version LIMIT $2`,
    [orderId, orderLimits.ORDER_STEPS],
  );
}

/** The secret with which the tokens of guests' orders are signed. A migration has created it. */
export async function readSecret(db: Queryable): Promise<Buffer> {
  const [row] = await db.query<{ secret: Buffer }>("SELECT secret FROM order_secret");
  if (!row) throw new Error("The table order_secret is empty.");
  return row.secret;
}

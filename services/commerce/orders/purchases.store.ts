import type { Queryable } from "#lib/sql/transaction.ts";
import { orderLimits } from "./domain/limits.ts";
import type { Line } from "./domain/lines.ts";
import type { ShippingMethod } from "./domain/shipping-methods.ts";
import type { OrderTerms } from "./domain/terms.ts";
import { deadlineMinutes } from "./domain/transitions.ts";
import type { Address, Origin, ReceiptRow } from "./orders.store.ts";

/** A purchase with the id and the total of the order that it becomes. */
export interface Purchase extends OrderTerms {
  orderId: string;
  customerId: string;
  lines: readonly Line[];
  totalMinor: number;
  currency: string;
  shippingAddress: Address;
  /** Where the invoice goes to; null: to the shipping address. */
  billingAddress: Address | null;
  paymentMethodId: string;
  shippingMethod: ShippingMethod;
  /** Of a guest; null for a customer, whose account has one. */
  email: string | null;
  source: string | null;
}

/**
 * Writes a new order with its lines and the first step of its history, in one round trip.
 * @returns undefined when its source is an order already, or was abandoned
 */
export async function insertOrder(
  db: Queryable,
  purchase: Purchase,
  origin: Origin & { detail: object },
): Promise<Pick<ReceiptRow, "createdAt" | "estimatedDelivery"> | undefined> {
  const { lines } = purchase;
  const [row] = await db.query<Pick<ReceiptRow, "createdAt" | "estimatedDelivery">>(
    `WITH placed AS (
       INSERT INTO orders (order_id, customer_id, status, payment_status, shipping_status, total_minor, currency,
                           shipping_address, payment_method_id, source, version, deadline_at, created_at, updated_at,
                           estimated_delivery, shipping_method, email, billing_address, tenders, taxes, under_review,
                           line_taxes, tax_id, discounts, coupons)
       SELECT $1, $2, 'pending_payment', 'pending', 'not_shipped', $3::bigint, $4, $5::json, $6, $7::text, 1,
              now() + make_interval(mins => $8), now(), now(), now() + make_interval(days => $9), $20, $21::text,
              $22::json, $23::json, $24::json, $25, $27::json, $28::json, $29::json, $30::json
       WHERE $7 IS NULL OR may_be_ordered($7)
       ON CONFLICT (source) WHERE source IS NOT NULL DO NOTHING
       RETURNING order_id, created_at, estimated_delivery
     ), lines AS (
       INSERT INTO order_line (order_id, line_no, product_id, sku, title, quantity, price_minor, discount_minor, seller_id)
       SELECT order_id, line_no, product_id, sku, title, quantity, price_minor, discount_minor, seller_id
       FROM placed, unnest($10::text[], $11::text[], $12::text[], $13::int[], $14::bigint[], $31::bigint[], $32::text[])
         WITH ORDINALITY AS l (product_id, sku, title, quantity, price_minor, discount_minor, seller_id, line_no)
     ), history AS (
       INSERT INTO order_history (order_id, version, step, to_status, cause, correlation_id, service, node, attempts, at,
                                  detail)
       SELECT order_id, 1, 'OrderCreated', 'pending_payment', $15, $16, $17, $18, $19, created_at, $26::json FROM placed
     )
     SELECT created_at AS "createdAt", estimated_delivery AS "estimatedDelivery" FROM placed`,
    [
      purchase.orderId,
      purchase.customerId,
      purchase.totalMinor,
      purchase.currency,
      JSON.stringify(purchase.shippingAddress),
      purchase.paymentMethodId,
      purchase.source,
      purchase.underReview ? orderLimits.ORDER_REVIEW_MINUTES : deadlineMinutes.pending_payment,
      orderLimits.ORDER_DELIVERY_DAYS,
      lines.map(({ productId }) => productId),
      lines.map(({ sku }) => sku),
      lines.map(({ title }) => title),
      lines.map(({ quantity }) => quantity),
      lines.map(({ priceMinor }) => priceMinor),
      origin.cause,
      origin.correlationId,
      origin.service,
      origin.node,
      origin.attempts,
      purchase.shippingMethod,
      purchase.email,
      purchase.billingAddress && JSON.stringify(purchase.billingAddress),
      jsonOrNull(purchase.tenders),
      jsonOrNull(purchase.taxes),
      purchase.underReview,
      JSON.stringify(origin.detail),
      jsonOrNull(purchase.taxes.length === 0 ? [] : purchase.lineTaxes),
      purchase.taxId && JSON.stringify(purchase.taxId),
      jsonOrNull(purchase.discounts),
      jsonOrNull(purchase.coupons),
      lines.map(({ discountMinor = 0 }) => discountMinor),
      lines.map(({ sellerId = null }) => sellerId),
    ],
  );
  return row;
}

function jsonOrNull(list: readonly unknown[]): string | null {
  return list.length === 0 ? null : JSON.stringify(list);
}

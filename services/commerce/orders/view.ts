import { toMajor } from "#lib/contract/money.ts";
import type { ResultOf } from "#lib/contract/types.ts";
import { addedMinor, lineTaxView, taxLineView } from "#services/product/pricing/contract.ts";
import { type OrderView, orders, type Receipt } from "./contract.ts";
import { type Line, offeredLines, sellerOf } from "./domain/lines.ts";
import { type OrderStatus, shownPaymentStatus } from "./domain/order.ts";
import { partsOf } from "./domain/parts.ts";
import { publicReason, publicStep } from "./domain/public-words.ts";
import type { Discount, OrderTerms, Tender } from "./domain/terms.ts";
import type { OrderRow, ReceiptRow, TimelineRow } from "./orders.store.ts";

type SellerOrder = ResultOf<typeof orders.actions.ofSeller>["orders"][number];

/** An order as the answer to its purchase shows it. */
export function receiptView(row: ReceiptRow): Receipt {
  return {
    orderId: row.orderId,
    status: row.status,
    totalAmount: toMajor(row.totalMinor, row.currency),
    currency: row.currency,
    createdAt: row.createdAt.toISOString(),
    estimatedDelivery: row.estimatedDelivery.toISOString(),
    paymentStatus: shownPaymentStatus(row.paymentStatus),
    ...(row.reason === null ? {} : { reason: publicReason(row.reason) }),
    ...termsView(row, row.totalMinor, row.currency),
  };
}

/** What belongs to some orders only, and is left out of the others. */
function termsView({ underReview, ...terms }: OrderTerms, totalMinor: number, currency: string) {
  const tenders = tenderViews(terms.tenders, currency);
  return {
    ...(tenders.length === 0 ? {} : { tenders }),
    ...pricesView(terms, totalMinor, currency),
    ...(underReview ? { underReview } : {}),
  };
}

function pricesView(
  { taxes, taxId, discounts }: Pick<OrderTerms, "taxes" | "taxId" | "discounts">,
  totalMinor: number,
  currency: string,
) {
  const discountMinor = sumOf(discounts);
  const subtotal = { subtotal: toMajor(totalMinor - addedMinor(taxes) + discountMinor, currency) };
  return {
    ...(discounts.length + taxes.length === 0 ? {} : subtotal),
    ...(discounts.length === 0
      ? {}
      : { discount: toMajor(discountMinor, currency), discounts: discountViews(discounts, currency) }),
    ...(taxes.length === 0
      ? {}
      : { tax: toMajor(sumOf(taxes), currency), taxLines: taxes.map((tax) => taxLineView(tax, currency)) }),
    ...(taxId ? { taxId: { number: taxId.number, checked: "format" as const } } : {}),
  };
}

function sumOf(parts: readonly { amountMinor: number }[]): number {
  return parts.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
}

export function discountViews(discounts: readonly Discount[], currency: string) {
  return discounts.map(({ promotionId, name, code, amountMinor }) => ({
    ...{ promotionId, name, amount: toMajor(amountMinor, currency) },
    ...(code === undefined ? {} : { code }),
  }));
}

/** What pays a part of the order. An order also stores what was named for it and pays nothing. */
export function tenderViews(tenders: readonly Tender[], currency: string) {
  const spent = tenders.filter(({ amountMinor }) => amountMinor > 0);
  return spent.map(({ amountMinor, ...tender }) => ({ ...tender, amount: toMajor(amountMinor, currency) }));
}

/** An order as its customer sees it. */
export function orderView(row: OrderRow): OrderView {
  const { orderId, ...receipt } = receiptView(row);
  return {
    orderId,
    customerId: row.customerId,
    ...(row.email === null ? {} : { email: row.email }),
    ...receipt,
    ...itemsView(row),
    shippingStatus: row.shippingStatus,
    shippingAddress: row.shippingAddress,
    ...(row.billingAddress === null ? {} : { billingAddress: row.billingAddress }),
    shippingMethod: row.shippingMethod,
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** An order as staff see it. */
export function staffOrderView(row: OrderRow): OrderView {
  return { ...orderView(row), ...(row.reason === null ? {} : { reason: row.reason }) };
}

function itemsView(row: OrderRow): Pick<OrderView, "items" | "parts"> {
  const items = itemViews(row);
  if (offeredLines(row.lines).length === 0) return { items };
  return {
    items,
    parts: partsOf(row.lines, items).map(({ subtotalMinor, ...part }) => ({
      ...part,
      subtotal: toMajor(subtotalMinor, row.currency),
    })),
  };
}

/** While a seller has to send the goods. */
const TO_SEND: ReadonlySet<OrderStatus> = new Set(["paid", "processing"]);

/** The part of one seller, as those who act for the seller see it. */
export function sellerOrderView(row: OrderRow, sellerId: string): SellerOrder {
  const { orderId, status, currency, shippingAddress } = row;
  const part = partsOf(row.lines, itemViews(row)).find((one) => one.sellerId === sellerId);
  if (!part) throw new Error(`${orderId} has nothing of ${sellerId}.`);
  return {
    ...{ orderId, status, items: part.items, subtotal: toMajor(part.subtotalMinor, currency), currency },
    ...{ createdAt: row.createdAt.toISOString(), updatedAt: row.updatedAt.toISOString() },
    ...(TO_SEND.has(status) ? { shippingAddress } : {}),
  };
}

function itemViews({ lines, lineTaxes, currency }: OrderRow): OrderView["items"] {
  return lineViews(lines, currency).map((line, at) => {
    const { discountMinor = 0 } = lines[at] ?? {};
    const taxes = lineTaxes[at] ?? [];
    return {
      ...line,
      ...(discountMinor === 0 ? {} : { discount: toMajor(discountMinor, currency) }),
      ...(taxes.length === 0 ? {} : { tax: taxes.map((tax) => lineTaxView(tax, currency)) }),
    };
  });
}

function lineViews(lines: readonly Line[], currency: string) {
  return lines.map(({ productId, sku, sellerId, title, quantity, priceMinor }) => ({
    ...{ productId, sku, ...sellerOf({ sellerId }), title, quantity, price: toMajor(priceMinor, currency) },
  }));
}

/** A step of an order as staff see it. */
export function staffStepView({ customerId: _, at, ...step }: TimelineRow) {
  return { ...step, at: at.toISOString() };
}

/**
 * What happened to an order concerns its customer; on which machine, in which warehouse the goods lie, what made the order
 * suspicious and who has looked at it does not.
 */
export function customerStepView(row: TimelineRow) {
  const { node: _, detail, ...step } = staffStepView(row);
  const shown = publicStep(step.step);
  return shown === step.step
    ? { ...step, detail: withoutInternals(detail) }
    : { ...step, step: shown, service: orders.name, detail: {} };
}

const INTERNAL = new Set(["warehouseId", "risk", "by"]);

/** Other services repeat in their events why an order was cancelled. */
function withoutInternals(detail: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(
    JSON.stringify(detail, (key, value) => {
      if (INTERNAL.has(key)) return undefined;
      return typeof value === "string" ? publicReason(value) : value;
    }),
  );
}

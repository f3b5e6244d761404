import { toMinor } from "#lib/contract/money.ts";

/** A line of an order as its event tells it. Lines without a seller are the shop's own. */
export interface OrderedLine {
  sku: string;
  quantity: number;
  price: number;
  sellerId?: string | undefined;
  /** What promotions take off the whole line. */
  discount?: number | undefined;
  /** The tax in the price of the whole line, which the shop pays to the state. */
  includedTax?: number | undefined;
}

/** What a seller gets the proceeds of, in minor units. */
export interface SellerLine {
  sellerId: string;
  sku: string;
  grossMinor: number;
}

/** The lines of sellers in an order: the price of all pieces, less discounts and the tax in it. */
export function sellerLines(items: readonly OrderedLine[], currency: string): SellerLine[] {
  return items.flatMap(({ sku, quantity, price, sellerId, discount = 0, includedTax = 0 }) => {
    if (sellerId === undefined) return [];
    const minor = (amount: number) => toMinor(amount, currency);
    return [{ sellerId, sku, grossMinor: Math.max(0, minor(price) * quantity - minor(discount) - minor(includedTax)) }];
  });
}

/** What is known of an order. Each of these only grows, so that the order in which events arrive does not matter. */
export interface OrderFacts {
  isPaid: boolean;
  totalMinor: number;
  /** What the customer got back so far. */
  refundedMinor: number;
}

/** The part of one seller in an order, and what of it was booked. */
export interface Sale {
  grossMinor: number;
  commissionMinor: number;
  isCredited: boolean;
  reversedGrossMinor: number;
  reversedCommissionMinor: number;
}

export interface Share {
  grossMinor: number;
  commissionMinor: number;
}

/**
 * What has to be booked now: the sale, when the order is paid, and of every refund the seller's share. All refunds together
 * reverse exactly as much as was credited when all is given back, and never more.
 */
export function dueOf(order: OrderFacts, sale: Sale): { credit?: Share; reverse?: Share } {
  if (!order.isPaid) return {};
  const { grossMinor, commissionMinor, isCredited } = sale;
  const credit = isCredited ? {} : { credit: { grossMinor, commissionMinor } };
  const reverse = {
    grossMinor: shareOf(grossMinor, order) - sale.reversedGrossMinor,
    commissionMinor: shareOf(commissionMinor, order) - sale.reversedCommissionMinor,
  };
  return reverse.grossMinor > 0 || reverse.commissionMinor > 0 ? { ...credit, reverse } : credit;
}

function shareOf(minor: number, { refundedMinor, totalMinor }: OrderFacts): number {
  if (refundedMinor >= totalMinor) return totalMinor > 0 ? minor : 0;
  return Number((BigInt(minor) * BigInt(refundedMinor)) / BigInt(totalMinor));
}

/** What is known of an order: each part comes with an event of its own, in any order, possibly several times. */
export interface Purchase {
  orderId: string;
  customerId: string;
  /** Empty: not known yet. */
  productIds: readonly string[];
  paid: boolean;
  cancelled: boolean;
}

/** No part is ever taken back, so neither the order of events matters nor how often they come. */
export function joined(one: Purchase, other: Purchase): Purchase {
  return {
    ...one,
    productIds: one.productIds.length > 0 ? one.productIds : other.productIds,
    paid: one.paid || other.paid,
    cancelled: one.cancelled || other.cancelled,
  };
}

/** One of each order, in the order of their ids: rows are always locked in this order. */
export function perOrder(purchases: readonly Purchase[]): Purchase[] {
  const byOrder = new Map<string, Purchase>();
  for (const purchase of purchases) {
    const known = byOrder.get(purchase.orderId);
    byOrder.set(purchase.orderId, known ? joined(known, purchase) : purchase);
  }
  return [...byOrder.values()].sort((a, b) => (a.orderId < b.orderId ? -1 : 1));
}

/** Guests have no account with which they could write a review. */
export function isGuest({ customerId }: Pick<Purchase, "customerId">): boolean {
  return customerId.startsWith("guest_");
}

/** One item of a cart, at the price that the customer was shown. */
export interface CartItem {
  itemId: string;
  productId: string;
  sku: string;
  title: string;
  quantity: number;
  priceMinor: number;
}

/** The contents of a cart when its checkout began: what the customer was shown, and agreed to by checking out. */
export interface CartSnapshot {
  currency: string;
  items: CartItem[];
}

/**
 * Whether a cart still has the contents of its snapshot: the same products at the same prices, in any sequence. An empty
 * cart counts as unchanged, because it is a cart that the store has lost: nobody checks out a cart after emptying it.
 */
export function isUnchanged(snapshot: readonly CartItem[], cart: readonly CartItem[]): boolean {
  return cart.length === 0 || contentsOf(snapshot) === contentsOf(cart);
}

function contentsOf(items: readonly CartItem[]): string {
  return items
    .map(({ sku, quantity, priceMinor }) => JSON.stringify([sku, quantity, priceMinor]))
    .toSorted()
    .join();
}

/** Adds the item of the cart to each entry that names a sku. A cart has one item for each sku. */
export function withItemIds<T extends { sku: string }>(
  entries: readonly T[],
  items: readonly CartItem[],
): (T & { itemId: string | undefined })[] {
  const itemIds = new Map(items.map(({ sku, itemId }) => [sku, itemId]));
  return entries.map((entry) => ({ ...entry, itemId: itemIds.get(entry.sku) }));
}

/** One item of the cart, at the price its customer was shown. */
export interface AgreedItem {
  itemId: string;
  productId: string;
  sku: string;
  title: string;
  quantity: number;
  priceMinor: number;
}

export interface ChangedPrice {
  itemId: string;
  sku: string;
  shownMinor: number;
  /** null: it has no price any more */
  currentMinor: number | null;
}

export interface Missing {
  sku: string;
  requested: number;
  available: number;
}

/** Items whose price is not the one shown. */
export function changedPrices(items: readonly AgreedItem[], prices: ReadonlyMap<string, number>): ChangedPrice[] {
  return items
    .map(({ itemId, sku, priceMinor }) => ({
      itemId,
      sku,
      shownMinor: priceMinor,
      currentMinor: prices.get(sku) ?? null,
    }))
    .filter(({ shownMinor, currentMinor }) => shownMinor !== currentMinor);
}

/** Skus of which there is less than the cart holds. */
export function missingStock(items: readonly AgreedItem[], available: ReadonlyMap<string, number>): Missing[] {
  return items
    .map(({ sku, quantity }) => ({ sku, requested: quantity, available: available.get(sku) ?? 0 }))
    .filter((line) => line.available < line.requested);
}

/**
 * Whether a cart is still what was agreed on: the same things at the same prices. An empty one is as well: it was lost,
 * for nobody checks out what they emptied.
 */
export function stillAgreed(agreed: readonly AgreedItem[], cart: readonly AgreedItem[]): boolean {
  const text = (items: readonly AgreedItem[]) =>
    items
      .map(({ sku, quantity, priceMinor }) => JSON.stringify([sku, quantity, priceMinor]))
      .toSorted()
      .join();
  return cart.length === 0 || text(agreed) === text(cart);
}

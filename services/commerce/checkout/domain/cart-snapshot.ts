import { offerKey } from "#services/product/sellers/contract.ts";

/** One item of a cart, at the price that the customer was shown. */
export interface CartItem {
  itemId: string;
  productId: string;
  sku: string;
  /** Whose offer it is; undefined: it is the shop's own. */
  sellerId?: string | undefined;
  title: string;
  quantity: number;
  priceMinor: number;
}

/** What a promotion takes off the cart. */
interface CartDiscount {
  promotionId: string;
  name: string;
  code?: string | undefined;
  amountMinor: number;
  /** What comes off each item. */
  shares: number[];
}

/** The contents of a cart when its checkout began: what the customer was shown, and agreed to by checking out. */
export interface CartSnapshot {
  currency: string;
  items: CartItem[];
  /** The codes of its coupons. */
  coupons: string[];
  discounts: CartDiscount[];
}

/** Adds the item of the cart to each entry that names a sku. A cart has one item for each sku of a seller. */
export function withItemIds<T extends { sku: string; sellerId?: string | undefined }>(
  entries: readonly T[],
  items: readonly CartItem[],
): (T & { itemId: string | undefined })[] {
  const itemIds = new Map(items.map((item) => [offerKey(item), item.itemId]));
  return entries.map((entry) => ({ ...entry, itemId: itemIds.get(offerKey(entry)) }));
}

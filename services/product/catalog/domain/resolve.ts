/** What an order line needs to know of a product that is on sale. */
export interface Sellable {
  productId: string;
  title: string;
  skus: readonly string[];
}

export interface Wanted {
  productId: string;
  sku?: string;
}

export type Resolved =
  | { productId: string; sku: string; title: string }
  | { productId: string; sku?: string; problem: "UNKNOWN_PRODUCT" | "SKU_REQUIRED" };

/** The variant a line means: the one it names, or the only one there is. */
export function resolveItem(item: Wanted, product: Sellable | undefined): Resolved {
  const { productId, sku } = item;
  if (!product || (sku !== undefined && !product.skus.includes(sku))) {
    return { productId, ...(sku === undefined ? {} : { sku }), problem: "UNKNOWN_PRODUCT" };
  }
  const [only, ...others] = product.skus;
  const meant = sku ?? (others.length === 0 ? only : undefined);
  return meant === undefined ? { productId, problem: "SKU_REQUIRED" } : { productId, sku: meant, title: product.title };
}

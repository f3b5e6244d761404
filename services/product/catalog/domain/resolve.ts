/** What an order line needs to know of a product that is on sale. */
export interface Sellable {
  productId: string;
  title: string;
  skus: readonly string[];
}

/** A product, and perhaps a sku, as an order line names them. */
export interface RequestedItem {
  productId: string;
  sku?: string;
}

export type ResolvedItem =
  | { productId: string; sku: string; title: string }
  | { productId: string; sku?: string; problem: "UNKNOWN_PRODUCT" | "SKU_REQUIRED" };

/** The variant of an order line: the one that it names, or the only one that the product has. */
export function resolveItem(item: RequestedItem, product: Sellable | undefined): ResolvedItem {
  const { productId, sku } = item;
  if (!product || (sku !== undefined && !product.skus.includes(sku))) {
    return { productId, ...(sku === undefined ? {} : { sku }), problem: "UNKNOWN_PRODUCT" };
  }
  const [only, ...others] = product.skus;
  const chosen = sku ?? (others.length === 0 ? only : undefined);
  return chosen === undefined
    ? { productId, problem: "SKU_REQUIRED" }
    : { productId, sku: chosen, title: product.title };
}

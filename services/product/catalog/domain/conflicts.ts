import { DomainError, type FieldError } from "#lib/contract/errors.ts";
import { catalogLimits } from "./limits.ts";
import type { ProductFacts } from "./product.ts";

/** What the catalogue holds already of all that some products mention. */
export interface Known {
  /** Products of these ids, archived ones included. */
  productIds: ReadonlySet<string>;
  /** Product by slug. */
  slugs: ReadonlyMap<string, string>;
  /** Product by sku. */
  skus: ReadonlyMap<string, string>;
  brands: ReadonlySet<string>;
  categories: ReadonlySet<string>;
}

const ERRORS_SHOWN = 20;

/**
 * Why these products cannot stand in the catalogue together with the others, if they cannot. A slug or sku that is taken
 * is a conflict; one that is named twice here, or a brand or category that does not exist, is a mistake in the request.
 * @param pathOf JSON pointer of a product in the request
 */
export function conflictOf(
  products: readonly ProductFacts[],
  known: Known,
  pathOf: (index: number) => string,
): DomainError | undefined {
  const writing = new Set(products.map(({ productId }) => productId));
  const slugs = new Set<string>();
  const skus = new Set<string>();
  const mistakes: FieldError[] = [];
  const taken: FieldError[] = [];
  products.forEach((product, index) => {
    const path = pathOf(index);
    if (JSON.stringify(product).length > catalogLimits.PRODUCT_JSON_CHARS) {
      mistakes.push({ path, message: `is longer than ${catalogLimits.PRODUCT_JSON_CHARS} characters` });
    }
    if (slugs.has(product.slug)) mistakes.push({ path: `${path}/slug`, message: `${product.slug} is named twice` });
    slugs.add(product.slug);
    if ((known.slugs.get(product.slug) ?? product.productId) !== product.productId) {
      taken.push({ path: `${path}/slug`, message: `${product.slug} is taken` });
    }
    if (product.brand !== null && !known.brands.has(product.brand)) {
      mistakes.push({ path: `${path}/brand`, message: `${product.brand} is not a brand` });
    }
    product.categories.forEach((category, place) => {
      if (!known.categories.has(category)) {
        mistakes.push({ path: `${path}/categories/${place}`, message: `${category} is not a category` });
      }
    });
    product.variants.forEach(({ sku }, place) => {
      const skuPath = `${path}/variants/${place}/sku`;
      if (skus.has(sku)) mistakes.push({ path: skuPath, message: `${sku} is named twice` });
      skus.add(sku);
      // Its present owner may be giving it up in this very request; if it keeps it, it is named twice.
      const owner = known.skus.get(sku);
      if (owner !== undefined && !writing.has(owner)) taken.push({ path: skuPath, message: `${sku} is taken` });
    });
  });
  if (mistakes.length > 0) {
    return new DomainError("VALIDATION_FAILED", "The request is not valid.", {
      errors: mistakes.slice(0, ERRORS_SHOWN),
    });
  }
  if (taken.length > 0) {
    return new DomainError("ALREADY_EXISTS", `${taken[0]?.message}.`, { errors: taken.slice(0, ERRORS_SHOWN) });
  }
  return undefined;
}

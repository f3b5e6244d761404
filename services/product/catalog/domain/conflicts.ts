import { DomainError, FIELD_ERRORS_SHOWN, type FieldError, validationError } from "#lib/contract/errors.ts";
import { attributeFaults, type Definitions } from "./attributes.ts";
import { catalogLimits } from "./limits.ts";
import type { ProductFacts } from "./product.ts";

/** What the catalogue already holds of everything that some products mention. */
export interface Lookup extends Definitions {
  /** Ids that are in use, also by archived products. */
  productIds: ReadonlySet<string>;
  /** Product id by slug. */
  slugs: ReadonlyMap<string, string>;
  /** Product id by sku. */
  skus: ReadonlyMap<string, string>;
  brands: ReadonlySet<string>;
  categories: ReadonlySet<string>;
}

/**
 * The reason why these products cannot be written, if there is one. A slug or sku of another product is
 * ALREADY_EXISTS; one that appears twice in the request, or a brand or category that does not exist, is
 * VALIDATION_FAILED, and so is an attribute that does not fit the product's set.
 * @param pathOf JSON pointer of a product in the request
 */
export function findConflict(
  products: readonly ProductFacts[],
  found: Lookup,
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
    if (slugs.has(product.slug)) mistakes.push({ path: `${path}/slug`, message: `${product.slug} appears twice` });
    slugs.add(product.slug);
    if ((found.slugs.get(product.slug) ?? product.productId) !== product.productId) {
      taken.push({ path: `${path}/slug`, message: `${product.slug} is already taken` });
    }
    if (product.brand !== null && !found.brands.has(product.brand)) {
      mistakes.push({ path: `${path}/brand`, message: `${product.brand} is not a brand` });
    }
    product.categories.forEach((category, position) => {
      if (!found.categories.has(category)) {
        mistakes.push({ path: `${path}/categories/${position}`, message: `${category} is not a category` });
      }
    });
    mistakes.push(...attributeFaults(product, found, path));
    product.variants.forEach(({ sku }, position) => {
      const skuPath = `${path}/variants/${position}/sku`;
      if (skus.has(sku)) mistakes.push({ path: skuPath, message: `${sku} appears twice` });
      skus.add(sku);
      // A product of the same request may give the sku up; if it keeps the sku, the sku appears twice.
      const owner = found.skus.get(sku);
      if (owner !== undefined && !writing.has(owner)) taken.push({ path: skuPath, message: `${sku} is already taken` });
    });
  });
  if (mistakes.length > 0) {
    return validationError(undefined, mistakes);
  }
  if (taken.length > 0) {
    return new DomainError("ALREADY_EXISTS", `${taken[0]?.message}.`, { errors: taken.slice(0, FIELD_ERRORS_SHOWN) });
  }
  return undefined;
}

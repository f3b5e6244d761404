import { DomainError, FIELD_ERRORS_SHOWN, type FieldError, validationError } from "#lib/contract/errors.ts";
import { attributeFaults, type Definitions } from "./attributes.ts";
import { catalogLimits } from "./limits.ts";
import type { ProductFacts } from "./product.ts";
import { componentFaults, type ProductKind } from "./supply.ts";

/** What the catalogue already holds of everything that some products mention. */
export interface Lookup extends Definitions {
  /** Ids that are in use, also by archived products. */
  productIds: ReadonlySet<string>;
  /** Product id by slug. */
  slugs: ReadonlyMap<string, string>;
  /** Product id by sku. */
  skus: ReadonlyMap<string, string>;
  /** Kind of the product by the sku of a component. */
  kinds: ReadonlyMap<string, ProductKind>;
  brands: ReadonlySet<string>;
  categories: ReadonlySet<string>;
}

/** Why one of these products cannot be written. */
export interface Conflict {
  /** Of the product. */
  index: number;
  /** `taken`: another product of the shop has it. `mistake`: it contradicts itself, the others or the catalogue. */
  kind: "mistake" | "taken";
  /** JSON pointer within the product. */
  path: string;
  message: string;
}

/** All reasons why these products cannot be written together. */
export function conflictsOf(products: readonly ProductFacts[], found: Lookup): Conflict[] {
  const writing = new Set(products.map(({ productId }) => productId));
  const slugs = new Set<string>();
  const skus = new Set<string>();
  const kinds = new Map([
    ...found.kinds,
    ...products.flatMap(({ kind, variants }) => variants.map(({ sku }) => [sku, kind] as const)),
  ]);
  const conflicts: Conflict[] = [];
  products.forEach((product, index) => {
    const add = (kind: Conflict["kind"], path: string, message: string) =>
      conflicts.push({ index, kind, path, message });
    if (JSON.stringify(product).length > catalogLimits.PRODUCT_JSON_CHARS)
      add("mistake", "", `is longer than ${catalogLimits.PRODUCT_JSON_CHARS} characters`);
    if (slugs.has(product.slug)) add("mistake", "/slug", `${product.slug} appears twice`);
    slugs.add(product.slug);
    if ((found.slugs.get(product.slug) ?? product.productId) !== product.productId)
      add("taken", "/slug", `${product.slug} is already taken`);
    if (product.brand !== null && !found.brands.has(product.brand))
      add("mistake", "/brand", `${product.brand} is not a brand`);
    product.categories.forEach((category, position) => {
      if (!found.categories.has(category)) add("mistake", `/categories/${position}`, `${category} is not a category`);
    });
    for (const { path, message } of attributeFaults(product, found, "")) add("mistake", path, message);
    for (const { path, message } of componentFaults(product, kinds, "")) add("mistake", path, message);
    product.variants.forEach(({ sku }, position) => {
      const path = `/variants/${position}/sku`;
      if (skus.has(sku)) add("mistake", path, `${sku} appears twice`);
      skus.add(sku);
      // A product of the same request may give the sku up; if it keeps the sku, the sku appears twice.
      const owner = found.skus.get(sku);
      if (owner !== undefined && !writing.has(owner)) add("taken", path, `${sku} is already taken`);
    });
  });
  return conflicts;
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
  const conflicts = conflictsOf(products, found);
  const errorsOf = (kind: Conflict["kind"]): FieldError[] =>
    conflicts
      .filter((conflict) => conflict.kind === kind)
      .map(({ index, path, message }) => ({ path: `${pathOf(index)}${path}`, message }));
  const mistakes = errorsOf("mistake");
  if (mistakes.length > 0) return validationError(undefined, mistakes);
  const taken = errorsOf("taken");
  if (taken.length === 0) return undefined;
  return new DomainError("ALREADY_EXISTS", `${taken[0]?.message}.`, { errors: taken.slice(0, FIELD_ERRORS_SHOWN) });
}

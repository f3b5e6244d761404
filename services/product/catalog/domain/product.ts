import { type Component, type ProductKind, type SupplyChange, supplyChanges } from "./supply.ts";

export type AttributeValue = string | number | boolean;
export type Attributes = Record<string, AttributeValue>;

/** How a product is taxed when nothing else was said. */
export const STANDARD_TAX = "standard";

export interface Variant {
  sku: string;
  attributes: Attributes;
  /** What one piece consists of; only of bundles. */
  components?: Component[];
}

/** What the catalogue itself knows about a product: everything but price, stock and times. */
export interface ProductFacts {
  productId: string;
  slug: string;
  title: string;
  kind: ProductKind;
  brand: string | null;
  /** Slugs, in the order in which they were given. */
  categories: string[];
  images: string[];
  description: string;
  /** Code of the set that says which attributes the product may have; `null`: any. */
  attributeSet: string | null;
  attributes: Attributes;
  taxCategory: string;
  variants: Variant[];
}

export interface Product extends ProductFacts {
  createdAt: Date;
  updatedAt: Date;
}

/** A product as staff write it; a property that is left out is empty. */
export interface ProductInput {
  slug: string;
  title: string;
  kind?: ProductKind;
  brand?: string | null;
  categories?: string[];
  images?: string[];
  description?: string;
  attributeSet?: string | null;
  attributes?: Attributes;
  taxCategory?: string;
  variants: readonly { sku: string; attributes?: Attributes; components?: Component[] }[];
}

export function productFacts(productId: string, input: ProductInput): ProductFacts {
  const {
    slug,
    title,
    kind = "physical",
    brand = null,
    categories = [],
    images = [],
    description = "",
    attributeSet = null,
    attributes = {},
    taxCategory = STANDARD_TAX,
    variants,
  } = input;
  return {
    productId,
    slug,
    title,
    kind,
    brand,
    categories,
    images,
    description,
    attributeSet,
    attributes,
    taxCategory,
    variants: variants.map(({ sku, attributes: own = {}, components }) => ({
      sku,
      attributes: own,
      ...(components ? { components } : {}),
    })),
  };
}

/** Only the facts, as events carry them. */
export function factsOf(product: ProductFacts): ProductFacts {
  return productFacts(product.productId, product);
}

/** The products that have to be written. */
export interface WritePlan {
  created: ProductFacts[];
  updated: ProductFacts[];
  /** Variants that take something else from the stock than before. */
  supplies: SupplyChange[];
}

/**
 * Decides which products are new and which differ from the stored ones. A product without a difference is left out, so
 * that the same batch sent again writes nothing and emits no event.
 * @param stored products by id
 */
export function planWrites(products: readonly ProductFacts[], stored: ReadonlyMap<string, ProductFacts>): WritePlan {
  const before = products.flatMap(({ productId }) => stored.get(productId) ?? []);
  const plan: WritePlan = { created: [], updated: [], supplies: supplyChanges(before, products) };
  for (const product of products) {
    const own = stored.get(product.productId);
    if (!own) plan.created.push(product);
    else if (!sameFacts(own, product)) plan.updated.push(product);
  }
  return plan;
}

function sameFacts(a: ProductFacts, b: ProductFacts): boolean {
  return JSON.stringify(sortedFacts(a)) === JSON.stringify(sortedFacts(b));
}

/** The order of attributes has no meaning; the order of variants, images and categories has one. */
export function sortedFacts(facts: ProductFacts): Record<string, unknown> {
  const product = factsOf(facts);
  const byName = (attributes: Attributes) => Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...product,
    attributes: byName(product.attributes),
    variants: product.variants.map(({ sku, attributes, components }) => [sku, byName(attributes), components]),
  };
}

export type AttributeValue = string | number | boolean;
export type Attributes = Record<string, AttributeValue>;

/** How a product is taxed when nothing else was said. */
export const STANDARD_TAX = "standard";

export interface Variant {
  sku: string;
  attributes: Attributes;
}

/** What the catalogue itself knows about a product: everything but price, stock and times. */
export interface ProductFacts {
  productId: string;
  slug: string;
  title: string;
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
  brand?: string | null;
  categories?: string[];
  images?: string[];
  description?: string;
  attributeSet?: string | null;
  attributes?: Attributes;
  taxCategory?: string;
  variants: readonly { sku: string; attributes?: Attributes }[];
}

export function productFacts(productId: string, input: ProductInput): ProductFacts {
  const {
    slug,
    title,
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
    brand,
    categories,
    images,
    description,
    attributeSet,
    attributes,
    taxCategory,
    variants: variants.map(({ sku, attributes: own = {} }) => ({ sku, attributes: own })),
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
}

/**
 * Decides which products are new and which differ from the stored ones. A product without a difference is left out, so
 * that the same batch sent again writes nothing and emits no event.
 * @param stored products by id
 */
export function planWrites(products: readonly ProductFacts[], stored: ReadonlyMap<string, ProductFacts>): WritePlan {
  const plan: WritePlan = { created: [], updated: [] };
  for (const product of products) {
    const before = stored.get(product.productId);
    if (!before) plan.created.push(product);
    else if (!sameFacts(before, product)) plan.updated.push(product);
  }
  return plan;
}

function sameFacts(a: ProductFacts, b: ProductFacts): boolean {
  return JSON.stringify(sorted(factsOf(a))) === JSON.stringify(sorted(factsOf(b)));
}

/** The order of attributes has no meaning; the order of variants, images and categories has one. */
function sorted(product: ProductFacts): unknown {
  const byName = (attributes: Attributes) => Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...product,
    attributes: byName(product.attributes),
    variants: product.variants.map(({ sku, attributes }) => [sku, byName(attributes)]),
  };
}

export type Attributes = Record<string, string | number | boolean>;

export interface Variant {
  sku: string;
  attributes: Attributes;
}

/** What is true of a product, whoever asks and whenever. */
export interface ProductFacts {
  productId: string;
  slug: string;
  title: string;
  brand: string | null;
  /** Slugs, in the order given. */
  categories: string[];
  images: string[];
  description: string;
  attributes: Attributes;
  variants: Variant[];
}

export interface Product extends ProductFacts {
  createdAt: Date;
  updatedAt: Date;
}

/** A product as staff write it: what is left out is empty. */
export interface ProductInput {
  slug: string;
  title: string;
  brand?: string | null;
  categories?: string[];
  images?: string[];
  description?: string;
  attributes?: Attributes;
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
    attributes = {},
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
    attributes,
    variants: variants.map(({ sku, attributes: own = {} }) => ({ sku, attributes: own })),
  };
}

/** The facts alone, as events tell them. */
export function factsOf(product: ProductFacts): ProductFacts {
  return productFacts(product.productId, product);
}

export interface Plan {
  created: ProductFacts[];
  updated: ProductFacts[];
}

/**
 * What has to be written so that the catalogue says what is wanted. A product that says it already is left alone, so
 * that the same batch sent again changes nothing and tells nobody.
 */
export function planOf(wanted: readonly ProductFacts[], existing: ReadonlyMap<string, ProductFacts>): Plan {
  const plan: Plan = { created: [], updated: [] };
  for (const product of wanted) {
    const before = existing.get(product.productId);
    if (!before) plan.created.push(product);
    else if (!sameFacts(before, product)) plan.updated.push(product);
  }
  return plan;
}

function sameFacts(a: ProductFacts, b: ProductFacts): boolean {
  return JSON.stringify(sorted(factsOf(a))) === JSON.stringify(sorted(factsOf(b)));
}

/** The order of attributes says nothing; the order of variants, images and categories does. */
function sorted(product: ProductFacts): unknown {
  const byName = (attributes: Attributes) => Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...product,
    attributes: byName(product.attributes),
    variants: product.variants.map(({ sku, attributes }) => [sku, byName(attributes)]),
  };
}

import { toMajor } from "#lib/contract/money.ts";
import type { Offers } from "./domain/offers.ts";
import type { Attributes, Product } from "./domain/product.ts";
import type { Difference } from "./domain/publication.ts";
import type { CountedFacets } from "./product-filters.store.ts";
import type { Publication } from "./publication.store.ts";

type Availability = "in_stock" | "out_of_stock" | "unknown";

/** A product as lists show it, with its price and availability. */
export function summaryView(product: Product, offers: Offers) {
  const { productId, title, slug, kind, brand, categories, images } = product;
  const variants = product.variants.map(({ sku, attributes, components }) => ({
    sku,
    attributes,
    ...(components ? { components } : {}),
    price: priceOf(offers, offers.amountMinor?.get(sku)),
    // Inventory leaves out a sku that it has never had.
    available: offers.available ? (offers.available.get(sku) ?? 0) : null,
  }));
  const prices = product.variants.flatMap(({ sku }) => offers.amountMinor?.get(sku) ?? []);
  const lowest = prices.length > 0 ? Math.min(...prices) : undefined;
  const rating = offers.ratings.get(productId);
  return {
    productId,
    title,
    slug,
    ...(kind === "physical" ? {} : { kind }),
    brand,
    categories,
    images,
    price: priceOf(offers, lowest),
    availability: availabilityOf(variants),
    ...(rating ? { rating } : {}),
    variants,
  };
}

/** A product with all its details. */
export function productView(
  product: Product,
  offers: Offers,
  display: (values: Attributes) => Record<string, string> = () => ({}),
) {
  const shown = (values: Attributes) => {
    const texts = display(values);
    return Object.keys(texts).length > 0 ? { display: texts } : {};
  };
  const { variants, ...summary } = summaryView(product, offers);
  return {
    ...summary,
    variants: variants.map((variant) => ({ ...variant, ...shown(variant.attributes) })),
    ...shown(product.attributes),
    description: product.description,
    attributeSet: product.attributeSet,
    attributes: product.attributes,
    taxCategory: product.taxCategory,
    createdAt: product.createdAt.toISOString(),
    updatedAt: product.updatedAt.toISOString(),
  };
}

export function publicationView(publication: Publication) {
  const { version, state, isShown, note, at, createdAt, publishedAt, changes, products } = publication;
  return {
    version,
    state,
    shown: isShown,
    note,
    at: at?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
    publishedAt: publishedAt?.toISOString() ?? null,
    changes,
    products,
  };
}

export function differenceView(difference: Difference) {
  const { productId, slug, title } = difference.kind === "removed" ? difference.before : difference.after;
  const properties = difference.kind === "changed" ? { properties: difference.properties } : {};
  return { productId, slug, title, change: difference.kind, ...properties };
}

function priceOf({ currency }: Offers, amountMinor: number | undefined) {
  return amountMinor === undefined ? null : { amount: toMajor(amountMinor, currency), currency };
}

function availabilityOf(variants: readonly { available: number | null }[]): Availability {
  if (variants.some(({ available }) => available !== null && available > 0)) return "in_stock";
  return variants.some(({ available }) => available === null) ? "unknown" : "out_of_stock";
}

/** The facets of a list; with `facetsAtLeast` when not all of its products were counted. */
export function facetsView({ facets, isWhole }: CountedFacets) {
  return isWhole ? { facets } : { facets, facetsAtLeast: true as const };
}

import type { Attributes, AttributeValue, Product, ProductInput, Variant } from "../product.ts";

/** A row of a file: its number, as a spreadsheet shows it, and its cells. The header is row 1. */
export interface FileRow {
  row: number;
  cells: readonly string[];
  /** Why it cannot be read. */
  problem?: string;
}

/** What is wrong with a row. */
export interface RowFault {
  row: number;
  message: string;
}

/** A category with the categories above it, from the top. */
export type CategoryPath = readonly NamedSlug[];

export interface NamedSlug {
  slug: string;
  name: string;
}

/** Values by name; null takes a value away. */
export type AttributeChanges = Record<string, AttributeValue | null>;

export interface DraftVariant {
  row: number;
  sku: string;
  attributes: AttributeChanges;
  price?: { amount: number; currency: string };
}

/** What a file says about a product. It is silent about properties for which it has no column. */
export interface Draft {
  slug: string;
  title?: string;
  brand?: NamedSlug | null;
  categories?: readonly CategoryPath[];
  images?: string[];
  description?: string;
  attributeSet?: string | null;
  attributes: AttributeChanges;
  taxCategory?: string;
  variants: DraftVariant[];
}

/** What was read from the rows of one product: a draft, or why there is none. */
export type Reading = { kind: "draft"; draft: Draft } | { kind: "faults"; faults: RowFault[] };

/** A product as it would be after the import. What the file is silent about stays as it is. */
export function merged(stored: Product | undefined, draft: Draft): ProductInput {
  const before = new Map(stored?.variants.map((variant) => [variant.sku, variant]));
  return {
    ...(stored && factsToKeep(stored)),
    slug: draft.slug,
    title: draft.title ?? stored?.title ?? "",
    ...(draft.brand !== undefined && { brand: draft.brand?.slug ?? null }),
    ...(draft.categories && { categories: [...new Set(draft.categories.flatMap((path) => path.at(-1)?.slug ?? []))] }),
    ...(draft.images && { images: draft.images }),
    ...(draft.description !== undefined && { description: draft.description }),
    ...(draft.attributeSet !== undefined && { attributeSet: draft.attributeSet }),
    attributes: changed(stored?.attributes ?? {}, draft.attributes),
    ...(draft.taxCategory !== undefined && { taxCategory: draft.taxCategory }),
    variants: draft.variants.map(({ sku, attributes, price }) => ({
      sku,
      attributes: changed(before.get(sku)?.attributes ?? {}, attributes),
      ...componentsOf(before.get(sku)),
      ...(price && { price }),
    })),
  };
}

/** A file says nothing about what a bundle consists of. */
function componentsOf(variant: Variant | undefined): Partial<Pick<Variant, "components">> {
  return variant?.components ? { components: variant.components } : {};
}

function factsToKeep({ kind, brand, categories, images, description, attributeSet, taxCategory }: Product) {
  return { kind, brand, categories, images, description, attributeSet, taxCategory };
}

function changed(before: Attributes, changes: AttributeChanges): Attributes {
  const after = new Map(Object.entries(before)); // any name is possible, also that of a property of all objects
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) after.delete(name);
    else after.set(name, value);
  }
  return Object.fromEntries(after);
}

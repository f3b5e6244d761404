import type { FieldError } from "#lib/contract/errors.ts";

export const PRODUCT_KINDS = ["physical", "digital", "bundle"] as const;
export type ProductKind = (typeof PRODUCT_KINDS)[number];

/** Pieces of another variant that a bundle consists of. */
export interface Component {
  sku: string;
  quantity: number;
}

/** What one piece of a variant takes from the stock; null: one piece of itself. */
export type Takes = Component[] | null;

/** A variant that takes something else from the stock than before. */
export interface SupplyChange {
  sku: string;
  takes: Takes;
}

interface Variant {
  sku: string;
  components?: Component[];
}

/** What of a product says what its variants take from the stock. */
export interface Supplied {
  kind: ProductKind;
  variants: readonly Variant[];
}

function takesOf(kind: ProductKind, { components }: Variant): Takes {
  if (kind === "physical") return null;
  return kind === "digital" ? [] : (components ?? []);
}

/**
 * Which variants take something else from the stock, now that some products are written. They are looked at together, because
 * a sku may move from one of them to another, and each is told once.
 * @param before without new ones
 * @param after without those that are gone
 */
export function supplyChanges(before: readonly Supplied[], after: readonly Supplied[]): SupplyChange[] {
  const earlier = suppliesOf(before);
  const later = suppliesOf(after);
  const gone = [...earlier].flatMap(([sku, takes]) => (later.has(sku) || takes === null ? [] : [{ sku, takes: null }]));
  const changed = [...later].flatMap(([sku, takes]) =>
    isSame(earlier.get(sku) ?? null, takes) ? [] : [{ sku, takes }],
  );
  return [...gone, ...changed];
}

function suppliesOf(products: readonly Supplied[]): Map<string, Takes> {
  return new Map(
    products.flatMap(({ kind, variants }) =>
      variants.map((variant): [string, Takes] => [variant.sku, takesOf(kind, variant)]),
    ),
  );
}

function isSame(a: Takes, b: Takes): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/**
 * What is wrong with the components of a product: only variants of bundles have them, and each is another variant with
 * stock of its own or none, so that nothing has to be resolved twice.
 * @param kinds kinds of the products of the components, by sku
 */
export function componentFaults(
  { kind, variants }: Supplied,
  kinds: ReadonlyMap<string, ProductKind>,
  path: string,
): FieldError[] {
  return variants.flatMap(({ components = [] }, at): FieldError[] => {
    const place = `${path}/variants/${at}/components`;
    if (kind !== "bundle")
      return components.length > 0 ? [{ path: place, message: "only variants of a bundle have components" }] : [];
    if (components.length === 0) return [{ path: place, message: "a variant of a bundle has components" }];
    const skus = new Set<string>();
    return components.flatMap(({ sku }, position): FieldError[] => {
      const skuPath = `${place}/${position}/sku`;
      if (skus.has(sku)) return [{ path: skuPath, message: `${sku} appears twice` }];
      skus.add(sku);
      const kindOfSku = kinds.get(sku);
      if (kindOfSku === undefined) return [{ path: skuPath, message: `${sku} is not a sku of the shop` }];
      return kindOfSku === "bundle" ? [{ path: skuPath, message: `${sku} is a bundle itself` }] : [];
    });
  });
}

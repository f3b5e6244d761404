/**
 * What of the catalogue a request sees: the draft, which staff write and which the shop shows at once unless it has
 * `CATALOG_PUBLICATION=drafts`, or a snapshot of it that a publication took.
 */
export type Shown = { kind: "draft" } | { kind: "snapshot"; snapshot: number };

export const DRAFT: Shown = { kind: "draft" };

/** The parameters of a statement, numbered in the order in which they are mentioned. */
export class Values {
  readonly all: unknown[];

  constructor(...first: unknown[]) {
    this.all = first;
  }

  add(value: unknown): string {
    return `$${this.all.push(value)}`;
  }
}

/** The tables that hold what a request sees, and SQL that chooses their rows. The only place that tells them apart. */
export interface Tables {
  product: string;
  variant: string;
  productCategory: string;
  brand: string;
  category: string;
  /** Whether a row of `product` is seen. @param row its alias; none where the statement has one table only */
  productSeen(row?: string): string;
  /** Whether a row of `productCategory` is seen. */
  categorySeen(row?: string): string;
  /** Whether a row of `brand` or `category` is seen. */
  termSeen(row?: string): string;
  /** Whether a row of `variant` or `productCategory` belongs to a row of `product`. */
  ofProduct(part: string, product: string): string;
}

const of = (row: string | undefined) => (row === undefined ? "" : `${row}.`);
const sameProduct = (part: string, product: string) => `${part}.product_id = ${product}.product_id`;

const DRAFT_TABLES: Tables = {
  product: "product",
  variant: "variant",
  productCategory: "product_category",
  brand: "brand",
  category: "category",
  productSeen: (row) => `${of(row)}archived_at IS NULL`,
  categorySeen: (row) => `NOT ${of(row)}archived`,
  termSeen: () => "true",
  ofProduct: sameProduct,
};

/** @param values of the statement, which gets the snapshot as one of them, so that its text stays the same */
export function tablesOf(shown: Shown, values: Values): Tables {
  if (shown.kind === "draft") return DRAFT_TABLES;
  const at = `${values.add(shown.snapshot)}::int`;
  const seen = (row?: string) => `${of(row)}from_snapshot <= ${at} AND ${of(row)}to_snapshot > ${at}`;
  return {
    product: "published_product",
    variant: "published_variant",
    productCategory: "published_product_category",
    brand: "published_brand",
    category: "published_category",
    productSeen: seen,
    categorySeen: seen,
    termSeen: seen,
    ofProduct: (part, product) => `${sameProduct(part, product)} AND ${part}.from_snapshot = ${product}.from_snapshot`,
  };
}

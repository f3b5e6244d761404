interface DemoVariant {
  sku: string;
  attributes: Readonly<Record<string, string>>;
  /** USD, in major units. */
  price: number;
  /** Pieces by warehouse. */
  stock: Readonly<Record<string, number>>;
}

export interface DemoProduct {
  productId: string;
  slug: string;
  title: string;
  /** Slug of a brand. */
  brand: string;
  /** Slugs of categories, the most specific ones. */
  categories: readonly string[];
  description: string;
  variants: readonly DemoVariant[];
}

export function variant(
  sku: string,
  price: number,
  [main, east]: readonly [number, number],
  attributes: Readonly<Record<string, string>>,
): DemoVariant {
  return { sku, attributes, price, stock: { wh_main: main, wh_east: east } };
}

// Shopify's file has no column for our brand's slug and for several categories. They travel as tags: `brand:lumo`,
// `category:home>lamps`. Other tags are not read.

const BRAND = "brand:";
const CATEGORY = "category:";

export interface Tags {
  brand: string | undefined;
  /** Paths of slugs. */
  categories: string[];
}

export function readTags(cell: string): Tags {
  const tags = cell.split(",").map((tag) => tag.trim());
  const after = (prefix: string) => tags.flatMap((tag) => (tag.startsWith(prefix) ? [tag.slice(prefix.length)] : []));
  return { brand: after(BRAND)[0], categories: after(CATEGORY) };
}

export function writeTags({ brand, categories }: Tags): string {
  return [...(brand === undefined ? [] : [`${BRAND}${brand}`]), ...categories.map((path) => `${CATEGORY}${path}`)].join(
    ", ",
  );
}

import type { ListPart } from "#lib/contract/cursor.ts";
import type { Database } from "#lib/sql/database.ts";
import type { AttributeFilter } from "../domain/attribute-filter.ts";
import { catalogLimits } from "../domain/limits.ts";
import type { AskedFacets, CountedFacets } from "../product-filters.store.ts";
import {
  type Count,
  countOf,
  idOfSlug,
  idsOfPart,
  type Listed,
  type ListFilter,
  type ProductKey,
  type ProductOrder,
} from "../product-lists.store.ts";
import {
  brandsNamed,
  facetsMatching,
  idsMatching,
  type Matching,
  pageMatching,
  type SearchFilter,
} from "../product-search.store.ts";
import type { Shown } from "../shown.store.ts";
import { categoriesWithin } from "../taxonomy.store.ts";

/** A part of a list of products, as it was asked for. */
export interface AskedList {
  category: string | undefined;
  brand: string | undefined;
  slug: string | undefined;
  /** For LIKE, of folded text. */
  pattern: string | undefined;
  filters: readonly AttributeFilter[];
  facets: AskedFacets | undefined;
  /** What its collection asks beside attributes and prices. */
  collection?: { category: string | undefined; brand: string | undefined } | undefined;
  sort: ProductOrder;
  part: ListPart<ProductKey>;
  /** false: a page is not counted. */
  counted?: boolean;
}

export interface FoundList {
  listed: Listed[];
  /** Absent when the part begins at a cursor. */
  count: Count | undefined;
  facets?: CountedFacets;
  /** Where the list goes on, although no further row was found. */
  goesOn?: ProductKey;
}

/** Whether the work that a list makes grows with the catalogue. */
export function isExpensive({ slug, pattern, filters, facets, part }: AskedList): boolean {
  const isFar = part.kind === "page" && part.offset > catalogLimits.NEAR_ROWS;
  return slug === undefined && (pattern !== undefined || filters.length > 0 || facets !== undefined || isFar);
}

/** Finds at most one row more than the part has, so that one knows whether the list goes on. */
export async function findProducts(db: Database, shown: Shown, asked: AskedList): Promise<FoundList> {
  const { slug, pattern, filters, facets, sort, part, counted = true } = asked;
  const filter = await filterOf(db, shown, asked);
  const matching = pattern === undefined ? undefined : { pattern, brands: await brandsNamed(db, shown, pattern) };
  if (filters.length > 0 || facets)
    return findMatching(db, shown, asked, { ...filter, matching, slug, attributes: filters });
  if (slug !== undefined) return findOne(db, shown, slug, filter, matching, part);
  if (matching) return findMatching(db, shown, asked, { ...filter, matching });
  const [listed, count] = await Promise.all([
    idsOfPart(db, shown, filter, sort, part),
    counted && part.kind === "page" ? countOf(db, shown, filter) : undefined,
  ]);
  return { listed, count };
}

/** The categories and the brand that both the list and its collection ask for. */
async function filterOf(db: Database, shown: Shown, { category, brand, collection }: AskedList): Promise<ListFilter> {
  const asked = [category, collection?.category].filter((slug) => slug !== undefined);
  const [first = null, second] = await Promise.all(asked.map((slug) => categoriesWithin(db, shown, slug)));
  const categories = first && second ? first.filter((slug) => second.includes(slug)) : first;
  const brands = [brand, collection?.brand].filter((slug) => slug !== undefined);
  const noBrand = brands.length > 1 && brands[0] !== brands[1];
  return { categories: noBrand ? [] : categories, brand: brands[0] ?? null };
}

function findMatching(
  db: Database,
  shown: Shown,
  { sort, part, facets, counted = true }: AskedList,
  filter: SearchFilter,
): Promise<FoundList> {
  return db.readWithin(catalogLimits.EXPENSIVE_MS, async (tx) => {
    const page = counted && part.kind === "page" ? await pageMatching(tx, shown, filter, sort, part) : undefined;
    return {
      listed: page?.listed ?? (await idsMatching(tx, shown, filter, sort, part)),
      count: page?.count,
      ...(facets ? { facets: await facetsMatching(tx, shown, facets, filter) } : {}),
    };
  });
}

async function findOne(
  db: Database,
  shown: Shown,
  slug: string,
  filter: ListFilter,
  matching: Matching | undefined,
  part: ListPart<ProductKey>,
): Promise<FoundList> {
  const one = await idOfSlug(db, shown, slug, filter, matching);
  const isPage = part.kind === "page";
  return {
    listed: isPage ? one.slice(part.offset) : [],
    count: isPage ? { total: one.length, atLeast: false } : undefined,
  };
}

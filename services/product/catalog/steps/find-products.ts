import type { ListPart } from "#lib/contract/cursor.ts";
import type { Database } from "#lib/sql/database.ts";
import type { AttributeFilter } from "../domain/attribute-filter.ts";
import { catalogLimits } from "../domain/limits.ts";
import type { AskedFacets, FacetValue } from "../product-filters.store.ts";
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
  countMatching,
  facetsMatching,
  idsMatching,
  type Matching,
  type SearchFilter,
} from "../product-search.store.ts";
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
  sort: ProductOrder;
  part: ListPart<ProductKey>;
}

export interface FoundList {
  listed: Listed[];
  /** Absent when the part begins at a cursor. */
  count: Count | undefined;
  facets?: { facets: Record<string, FacetValue[]>; counted: number };
}

/** Whether the work that a list makes grows with the catalogue. */
export function isExpensive({ slug, pattern, filters, facets, part }: AskedList): boolean {
  const isFar = part.kind === "page" && part.offset > catalogLimits.NEAR_ROWS;
  return slug === undefined && (pattern !== undefined || filters.length > 0 || facets !== undefined || isFar);
}

/** Finds at most one row more than the part has, so that one knows whether the list goes on. */
export async function findProducts(db: Database, asked: AskedList): Promise<FoundList> {
  const { category, brand = null, slug, pattern, filters, facets, sort, part } = asked;
  const filter: ListFilter = {
    categories: category === undefined ? null : await categoriesWithin(db, category),
    brand,
  };
  const matching = pattern === undefined ? undefined : { pattern, brands: await brandsNamed(db, pattern) };
  if (filters.length > 0 || facets) return findMatching(db, asked, { ...filter, matching, slug, attributes: filters });
  if (slug !== undefined) return findOne(db, slug, filter, matching, part);
  if (matching) return findMatching(db, asked, { ...filter, matching });
  const [listed, count] = await Promise.all([
    idsOfPart(db, filter, sort, part),
    part.kind === "page" ? countOf(db, filter) : undefined,
  ]);
  return { listed, count };
}

function findMatching(db: Database, { sort, part, facets }: AskedList, filter: SearchFilter): Promise<FoundList> {
  return db.readWithin(catalogLimits.EXPENSIVE_MS, async (tx) => ({
    listed: await idsMatching(tx, filter, sort, part),
    count: part.kind === "page" ? await countMatching(tx, filter) : undefined,
    ...(facets ? { facets: await facetsMatching(tx, facets, filter) } : {}),
  }));
}

async function findOne(
  db: Database,
  slug: string,
  filter: ListFilter,
  matching: Matching | undefined,
  part: ListPart<ProductKey>,
): Promise<FoundList> {
  const one = await idOfSlug(db, slug, filter, matching);
  const isPage = part.kind === "page";
  return {
    listed: isPage ? one.slice(part.offset) : [],
    count: isPage ? { total: one.length, atLeast: false } : undefined,
  };
}

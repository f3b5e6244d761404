import type { ListPart } from "#lib/contract/cursor.ts";
import type { Database } from "#lib/sql/database.ts";
import { catalogLimits } from "../domain/limits.ts";
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
import { brandsNamed, countMatching, idsMatching } from "../product-search.store.ts";
import type { Shown } from "../shown.store.ts";
import { categoriesWithin } from "../taxonomy.store.ts";

/** A part of a list of products, as it was asked for. */
export interface AskedList {
  category: string | undefined;
  brand: string | undefined;
  slug: string | undefined;
  /** For LIKE, of folded text. */
  pattern: string | undefined;
  sort: ProductOrder;
  part: ListPart<ProductKey>;
}

export interface FoundList {
  listed: Listed[];
  /** Absent when the part begins at a cursor. */
  count: Count | undefined;
}

/** Whether the work that a list makes grows with the catalogue. */
export function isExpensive({ slug, pattern, part }: AskedList): boolean {
  return (
    slug === undefined && (pattern !== undefined || (part.kind === "page" && part.offset > catalogLimits.NEAR_ROWS))
  );
}

/** Finds at most one row more than the part has, so that one knows whether the list goes on. */
export async function findProducts(db: Database, shown: Shown, asked: AskedList): Promise<FoundList> {
  const { category, brand = null, slug, pattern, sort, part } = asked;
  const filter: ListFilter = {
    categories: category === undefined ? null : await categoriesWithin(db, shown, category),
    brand,
  };
  const isPage = part.kind === "page";
  const matching = pattern === undefined ? undefined : { pattern, brands: await brandsNamed(db, shown, pattern) };
  if (slug !== undefined) {
    const one = await idOfSlug(db, shown, slug, filter, matching);
    return {
      listed: isPage ? one.slice(part.offset) : [],
      count: isPage ? { total: one.length, atLeast: false } : undefined,
    };
  }
  if (matching) {
    return db.readWithin(catalogLimits.EXPENSIVE_MS, async (tx) => ({
      listed: await idsMatching(tx, shown, { ...filter, ...matching }, sort, part),
      count: isPage ? await countMatching(tx, shown, { ...filter, ...matching }) : undefined,
    }));
  }
  const [listed, count] = await Promise.all([
    idsOfPart(db, shown, filter, sort, part),
    isPage ? countOf(db, shown, filter) : undefined,
  ]);
  return { listed, count };
}

import { batchedLookup } from "#lib/batched-lookup.ts";
import type { SetupContext } from "#mixins/service/context.ts";
import { reviewLimits } from "./domain/limits.ts";
import type { Ratings } from "./domain/review.ts";
import { ratingsOf } from "./reviews.store.ts";

/** What the handlers share. */
export interface Deps {
  /** The ratings of those products that have any, as they are when or after it is called. */
  ratings(productIds: readonly string[]): Promise<ReadonlyMap<string, Ratings>>;
}

/** Reads of one moment share a query. What asks for many products has one of its own, and nobody waits for it. */
export function setUp({ db }: Pick<SetupContext, "db">): Deps {
  const find = batchedLookup((productIds) => ratingsOf(db, productIds));
  return {
    async ratings(productIds) {
      if (productIds.length > reviewLimits.RATINGS_SHARED) return ratingsOf(db, productIds);
      const found = await Promise.all(productIds.map(async (productId) => [productId, await find(productId)] as const));
      return new Map(found.flatMap(([productId, ratings]) => (ratings ? [[productId, ratings] as const] : [])));
    },
  };
}

import type { Handler } from "#mixins/service/context.ts";
import { sellable } from "../catalog.store.ts";
import type { catalog } from "../contract.ts";
import { resolveItem } from "../domain/resolve.ts";
import type { SellableCache } from "../sellable-cache.ts";

export interface Deps {
  sellables: SellableCache;
}

export const resolve: Handler<typeof catalog.actions.resolve, Deps> = async (
  { db, deps: { sellables } },
  { items },
) => {
  const known = items.map((item) => resolveItem(item, sellables.get(item.productId)));
  // What memory cannot answer is asked of the database: a variant may be newer than what is remembered of its product.
  const doubtful = items.filter((_, index) => hasProblem(known[index]));
  if (doubtful.length === 0) return { items: known };
  const products = await sellable(db, [...new Set(doubtful.map(({ productId }) => productId))]);
  sellables.keep(products);
  const fresh = new Map(products.map((product) => [product.productId, product]));
  return {
    items: items.map((item, index) => {
      const answer = known[index];
      return answer && !hasProblem(answer) ? answer : resolveItem(item, fresh.get(item.productId));
    }),
  };
};

function hasProblem(answer: ReturnType<typeof resolveItem> | undefined): boolean {
  return answer === undefined || "problem" in answer;
}

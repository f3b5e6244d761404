import type { Handler } from "#mixins/service/context.ts";
import { findSellables } from "../catalog.store.ts";
import type { catalog } from "../contract.ts";
import { type ResolvedItem, resolveItem } from "../domain/resolve.ts";
import type { CatalogDeps } from "../setup.ts";
import { shownTo } from "../steps/shown.ts";

export const resolve: Handler<typeof catalog.actions.resolve, CatalogDeps> = async (ctx, { items }) => {
  const { sellables } = ctx.deps;
  const fromCache = items.map((item) => resolveItem(item, sellables.get(item.productId)));
  // Items with a problem are looked up in the database: a product or a variant may be newer than the cache entry.
  const unsure = items.filter((_, index) => hasProblem(fromCache[index]));
  if (unsure.length === 0) return { items: fromCache };
  const shown = await shownTo(ctx);
  const isOfShown = sellables.follow(shown); // otherwise the answers of the cache are of another version
  const asked = isOfShown ? unsure : items;
  const products = await findSellables(ctx.db, shown, [...new Set(asked.map(({ productId }) => productId))]);
  sellables.put(products, shown);
  const fresh = new Map(products.map((product) => [product.productId, product]));
  return {
    items: items.map((item, index) => {
      const cached = fromCache[index];
      return isOfShown && cached && !hasProblem(cached) ? cached : resolveItem(item, fresh.get(item.productId));
    }),
  };
};

function hasProblem(item: ResolvedItem | undefined): boolean {
  return item === undefined || "problem" in item;
}

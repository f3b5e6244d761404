import { type ServiceContext, type Transactions, transactional } from "#mixins/service/context.ts";
import { every } from "#mixins/service/jobs.ts";
import { lockCatalogue } from "../catalog.store.ts";
import { catalogLimits } from "../domain/limits.ts";
import { mergeNewTerms, unindexedAfter } from "../product-filters.store.ts";
import type { CatalogDeps } from "../setup.ts";
import { indexNextProducts } from "../steps/index-products.ts";

const EVERY_MS = 1_000;

/**
 * Makes the terms by which lists find products, after an attribute was defined or changed that products have already. All
 * such attributes share one walk over the products.
 */
export const indexAttributes = every<CatalogDeps>(
  EVERY_MS,
  "index-attributes",
  transactional(async (ctx: ServiceContext<CatalogDeps> & Transactions) => {
    if ((await unindexedAfter(ctx.db)) === undefined) return;
    for (let batch = 0; batch < catalogLimits.INDEX_BATCHES; batch += 1) {
      const done = await ctx.transaction(async (tx) => {
        await lockCatalogue(tx);
        return indexNextProducts(ctx, tx, catalogLimits.INDEX_ROWS);
      });
      if (!done) continue;
      ctx.signal("edge.invalidate", {});
      return mergeNewTerms(ctx.db);
    }
  }),
);

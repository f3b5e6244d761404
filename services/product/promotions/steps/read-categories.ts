import { limits } from "#config/limits.ts";
import type { CallResult } from "#lib/contract/types.ts";
import type { ServiceContext, Transactions } from "#mixins/service/context.ts";
import { pathsOf } from "../domain/category-paths.ts";
import { savePaths } from "../projections.store.ts";
import type { Deps } from "../setup.ts";

type Category = CallResult<"catalog.categories">["categories"][number];

/** Keeps which categories are above which, as the catalogue shows them. */
export async function readCategories(ctx: Pick<ServiceContext<Deps>, "call"> & Transactions): Promise<void> {
  const categories: Category[] = [];
  for (let page = 1; ; page += 1) {
    const part = await ctx.call("catalog.categories", { page, limit: limits.PAGE_SIZE });
    categories.push(...part.categories);
    if (page * limits.PAGE_SIZE >= part.pagination.total || page >= limits.LIST_PAGES) break;
  }
  await ctx.transaction(async (tx) => savePaths(tx, pathsOf(categories)));
}

import { transactional } from "#mixins/service/context.ts";
import { every } from "#mixins/service/jobs.ts";
import { promotionLimits } from "../domain/limits.ts";
import { anyOfCategories } from "../promotions.store.ts";
import type { Deps } from "../setup.ts";
import { readCategories } from "../steps/read-categories.ts";

/** The catalogue tells no event when a category moves. A shop without promotions of categories does not ask. */
export const readCategoryTree = every<Deps>(
  promotionLimits.CATEGORIES_SWEEP_MS,
  "read-category-tree",
  transactional(async (ctx) => {
    if (await anyOfCategories(ctx.db)) await readCategories(ctx);
  }),
);

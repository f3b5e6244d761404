import { type ServiceContext, type Transactions, transactional } from "#mixins/service/context.ts";
import { every } from "#mixins/service/jobs.ts";
import { catalogLimits } from "../domain/limits.ts";
import type { CatalogDeps } from "../setup.ts";
import { removeOldSnapshots } from "../shown-changes.store.ts";
import { hasDrafts } from "../steps/shown.ts";

const EVERY_MS = 5_000;

/** Removes versions beyond CATALOG_VERSIONS_KEPT. */
export const removeOldVersions = every<CatalogDeps>(
  EVERY_MS,
  "remove-old-versions",
  transactional(async (ctx: ServiceContext<CatalogDeps> & Transactions) => {
    if (!hasDrafts(ctx)) return;
    const { REMOVALS, REMOVED_ROWS } = catalogLimits;
    for (let removal = 0; removal < REMOVALS; removal += 1) {
      const remove = () => ctx.transaction((tx) => removeOldSnapshots(tx, ctx.env.CATALOG_VERSIONS_KEPT, REMOVED_ROWS));
      if ((await remove()) < REMOVED_ROWS) return;
    }
  }),
);

import { type ServiceContext, type Transactions, transactional } from "#mixins/service/context.ts";
import { every } from "#mixins/service/jobs.ts";
import { lockCatalogue } from "../catalog.store.ts";
import { catalogLimits } from "../domain/limits.ts";
import { catalogueState, duePublication } from "../publication.store.ts";
import type { CatalogDeps } from "../setup.ts";
import { prepareNext, prepareWhile, takeDraftFor } from "../steps/prepare-versions.ts";
import { hasDrafts } from "../steps/shown.ts";

const EVERY_MS = 500;

/** Publishes what is due, and goes on with publications whose node was killed, or whose client waits no longer. */
export const publishVersions = every<CatalogDeps>(
  EVERY_MS,
  "publish-versions",
  transactional(async (ctx: ServiceContext<CatalogDeps> & Transactions) => {
    if (!hasDrafts(ctx)) return;
    const { unprepared } = await catalogueState(ctx.db);
    if (unprepared.length === 0 && (await duePublication(ctx.db)) === undefined) return;
    const more = await ctx.transaction(async (tx) => {
      await lockCatalogue(tx);
      const catalogue = await catalogueState(tx);
      if (catalogue.mode !== "drafts") return false;
      const due = await duePublication(tx);
      if (due !== undefined) await takeDraftFor(tx, due, catalogue);
      return prepareNext(ctx, tx);
    });
    let copies = 0;
    if (more) await prepareWhile(ctx, () => copies++ < catalogLimits.COPIES);
  }),
);

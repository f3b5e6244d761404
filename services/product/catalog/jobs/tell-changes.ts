import { type ServiceContext, type Transactions, transactional } from "#mixins/service/context.ts";
import type { Alarm } from "#mixins/service/event-admin.ts";
import { every } from "#mixins/service/jobs.ts";
import { catalogLimits } from "../domain/limits.ts";
import type { CatalogDeps } from "../setup.ts";
import { countOverdue, hasUntold } from "../shown-changes.store.ts";
import { hasDrafts } from "../steps/shown.ts";
import { tellWhile } from "../steps/tell-changes.ts";

const EVERY_MS = 250;

/** Tells other services what the shop shows since a publication, or since it went back to another version. */
export const tellChanges = every<CatalogDeps>(
  EVERY_MS,
  "tell-changes",
  transactional(async (ctx: ServiceContext<CatalogDeps> & Transactions) => {
    if (!hasDrafts(ctx) || !(await hasUntold(ctx.db))) return;
    let tellings = 0;
    await tellWhile(ctx, () => tellings++ < catalogLimits.TELLINGS);
  }),
);

export const untoldChanges: Alarm = {
  summary: "Changes of what the shop shows that other services do not know completely for minutes",
  count: (db) => countOverdue(db, catalogLimits.UNTOLD_SECONDS),
};

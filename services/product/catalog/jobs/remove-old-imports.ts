import { type ServiceContext, type Transactions, transactional } from "#mixins/service/context.ts";
import { every } from "#mixins/service/jobs.ts";
import { catalogLimits } from "../domain/limits.ts";
import { deleteOldImports } from "../import.store.ts";
import type { CatalogDeps } from "../setup.ts";

const EVERY_MS = 60_000;

/** Deletes files whose upload has stopped, and what is known about imports that ended long ago. */
export const removeOldImports = every<CatalogDeps>(
  EVERY_MS,
  "remove-old-imports",
  transactional(async (ctx: ServiceContext<CatalogDeps> & Transactions) => {
    const { IMPORT_UPLOAD_MINUTES, IMPORT_DAYS, IMPORTS_PER_SWEEP } = catalogLimits;
    await ctx.transaction((tx) =>
      deleteOldImports(tx, { uploadMinutes: IMPORT_UPLOAD_MINUTES, days: IMPORT_DAYS, rows: IMPORTS_PER_SWEEP }),
    );
  }),
);

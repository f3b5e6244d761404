import { type ServiceContext, type Transactions, transactional } from "#mixins/service/context.ts";
import { every } from "#mixins/service/jobs.ts";
import { deleteOldDocuments } from "../documents.store.ts";
import { sellerLimits } from "../domain/limits.ts";
import { forgetBarred } from "../pieces.store.ts";

/** Deletes what nothing is decided by any more. */
export const tidy = every(
  sellerLimits.DOCUMENT_SWEEP_MS,
  "tidy",
  transactional(async (ctx: ServiceContext & Transactions) => {
    await ctx.transaction(deleteOldDocuments);
    await ctx.transaction(forgetBarred);
  }),
);

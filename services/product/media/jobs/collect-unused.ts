import { limits } from "#config/limits.ts";
import { type ServiceContext, type Transactions, transactional } from "#mixins/service/context.ts";
import { every } from "#mixins/service/jobs.ts";
import { mediaLimits } from "../domain/limits.ts";
import { forgetRemoved, hasDeadLetters, removeUnused } from "../media.store.ts";
import type { MediaDeps } from "../setup.ts";
import { removeFiles } from "../steps/remove-files.ts";
import { deleteUnfinished } from "../uploads.store.ts";

/** Removes images that no product has shown for a time, and parts of uploads that were not finished. */
export const collectUnused = every<MediaDeps>(
  mediaLimits.COLLECT_MS,
  "collect-unused",
  transactional(async (ctx: ServiceContext<MediaDeps> & Transactions) => {
    await deleteUnfinished(ctx.db, mediaLimits.UPLOAD_SECONDS, limits.SWEEP_ROWS);
    await forgetRemoved(ctx.db, limits.OUTBOX_RETENTION_DAYS);
    // An event that could not be applied may be that of a product which shows one of them.
    if (await hasDeadLetters(ctx.db)) return;
    const { MEDIA_UNUSED_SECONDS: seconds } = ctx.env;
    const mediaIds = await ctx.transaction((tx) => removeUnused(tx, seconds, mediaLimits.COLLECT_ROWS));
    if (mediaIds.length === 0) return;
    ctx.log.info("Images that no product shows were removed.", { images: mediaIds.length });
    ctx.signal("media.removed", { mediaIds });
    await removeFiles(ctx, mediaIds);
  }),
);

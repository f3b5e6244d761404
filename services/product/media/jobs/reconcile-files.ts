import { limits } from "#config/limits.ts";
import type { ServiceContext } from "#mixins/service/context.ts";
import { every } from "#mixins/service/jobs.ts";
import { mediaLimits } from "../domain/limits.ts";
import { isMediaId, originalName } from "../domain/media.ts";
import { dueStrays, expectedFiles, markMissing, noteStrays } from "../files.store.ts";
import { markRestored } from "../media.store.ts";
import type { MediaDeps } from "../setup.ts";
import { removeFiles } from "../steps/remove-files.ts";

type Context = ServiceContext<MediaDeps>;

/** Compares a part of the files with the rows in each run, and begins anew at the end. */
export const reconcileFiles = every<MediaDeps>(mediaLimits.RECONCILE_MS, "reconcile-files", async (ctx) => {
  await reconcileStrays(ctx);
  await reconcileMissing(ctx);
});

/** Files without a row are noted, and removed when they have had none for a time. */
export async function reconcileStrays(ctx: Context, seconds: number = mediaLimits.STRAY_SECONDS): Promise<void> {
  const { storage, reconciled } = ctx.deps;
  if (reconciled.files === "") await storage.sweep();
  const { mediaIds, next = "" } = await storage.list(reconciled.files, mediaLimits.RECONCILE_MEDIA);
  reconciled.files = next;
  await noteStrays(ctx.db, mediaIds.filter(isMediaId));
  await removeFiles(ctx, await dueStrays(ctx.db, seconds, limits.SWEEP_ROWS));
}

/** Images without their file are marked, for an alarm. Nothing is removed: the storage may only be away for a while. */
export async function reconcileMissing(ctx: Context): Promise<void> {
  const { storage, reconciled } = ctx.deps;
  const expected = await expectedFiles(ctx.db, reconciled.rows, mediaLimits.RECONCILE_MEDIA);
  reconciled.rows = expected.length < mediaLimits.RECONCILE_MEDIA ? "" : (expected.at(-1)?.mediaId ?? "");
  const missing: string[] = [];
  for (const { mediaId, isMissing, ...media } of expected) {
    const isThere = await storage.has(mediaId, originalName(media));
    if (!isThere) missing.push(mediaId);
    else if (isMissing) await markRestored(ctx.db, mediaId);
  }
  await markMissing(ctx.db, missing);
}

import type { ServiceContext } from "#mixins/service/context.ts";
import { forgetStrays } from "../files.store.ts";
import type { MediaDeps } from "../setup.ts";

/** Removes the files of images that have no row. What cannot be removed now stays noted, and a job tries it again. */
export async function removeFiles(
  { db, deps, log }: ServiceContext<MediaDeps>,
  mediaIds: readonly string[],
): Promise<void> {
  for (const mediaId of mediaIds) {
    try {
      await deps.storage.remove(mediaId);
      await forgetStrays(db, [mediaId]);
    } catch (error) {
      log.warn("The files of an image could not be removed; they are removed later.", { reason: String(error) });
    }
  }
}

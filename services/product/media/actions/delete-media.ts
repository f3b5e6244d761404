import { DomainError } from "#lib/contract/errors.ts";
import { type Handler, transactional } from "#mixins/service/context.ts";
import type { media } from "../contract.ts";
import { removeMedia } from "../media.store.ts";
import type { MediaDeps } from "../setup.ts";
import { removeFiles } from "../steps/remove-files.ts";

export const deleteMedia: Handler<typeof media.actions.delete, MediaDeps> = transactional(async (ctx, { mediaId }) => {
  const removal = await ctx.transaction((tx) => removeMedia(tx, mediaId));
  if (removal === "not found") throw new DomainError("NOT_FOUND");
  if (removal === "in use") throw new DomainError("MEDIA_IN_USE");
  ctx.signal("media.removed", { mediaIds: [mediaId] });
  await removeFiles(ctx, [mediaId]);
  return {};
});

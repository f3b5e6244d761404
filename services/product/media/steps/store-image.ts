import { newId } from "#lib/contract/ids.ts";
import type { ServiceContext, Transactions } from "#mixins/service/context.ts";
import type { ImageType } from "../domain/image-type.ts";
import { type Media, originalName } from "../domain/media.ts";
import type { MadeImage } from "../images/image-work.ts";
import { insertMedia, markRestored, touchMedia } from "../media.store.ts";
import type { MediaDeps } from "../setup.ts";
import { reaching } from "../storage/open-storage.ts";

type Context = ServiceContext<MediaDeps> & Transactions;

export interface Upload {
  hash: string;
  type: ImageType;
  isPrivate: boolean;
  isKept: boolean;
}

/**
 * Stores an upload, or finds the image that the same bytes have made before. The file is written before its row: whoever
 * ends in between leaves a file without a row, which is removed later, and never a row without a file.
 */
export async function storeImage(ctx: Context, bytes: Buffer, upload: Upload): Promise<Media> {
  const same = await touchMedia(ctx.db, upload);
  if (same && !same.isMissing) return same;
  const image = await ctx.deps.maker.normalise(bytes, upload.type, ctx.env.MEDIA_PIXELS);
  if (same && (await restore(ctx, same, image))) return same;
  const mediaId = newId("media");
  const { type, width, height } = image;
  const made = { ...upload, mediaId, type, width, height, bytes: image.bytes.byteLength, drawing: null };
  await writeOriginal(ctx, made, image);
  const stored = await ctx.transaction((tx) => insertMedia(tx, made));
  // Somebody else was faster with the same bytes. Without this, the file would be found without a row later.
  if (stored.mediaId !== mediaId) await ctx.deps.storage.remove(mediaId).catch(() => undefined);
  return stored;
}

/** Stores the file of an image again that has lost it. */
async function restore(ctx: Context, media: Media, image: MadeImage): Promise<boolean> {
  await writeOriginal(ctx, media, image);
  return ctx.transaction((tx) => markRestored(tx, media.mediaId));
}

function writeOriginal({ deps }: Context, media: Pick<Media, "mediaId" | "type">, { bytes }: MadeImage): Promise<void> {
  return reaching(deps.storage.write(media.mediaId, originalName(media), bytes));
}

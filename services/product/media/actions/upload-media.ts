import { createHash } from "node:crypto";
import { bytesOf } from "#lib/contract/bytes.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import { type ActionContext, type Handler, type Transactions, transactional } from "#mixins/service/context.ts";
import type { media } from "../contract.ts";
import { imageTypeOf } from "../domain/image-type.ts";
import { mediaLimits } from "../domain/limits.ts";
import type { MediaDeps } from "../setup.ts";
import { storeImage } from "../steps/store-image.ts";
import { deleteParts, keepPart, readParts } from "../uploads.store.ts";
import { mediaView } from "../view.ts";

/** Takes one part after the other, on whichever node it arrives. The last one makes an image of all of them. */
export const uploadMedia: Handler<typeof media.actions.upload, MediaDeps> = transactional(
  async (ctx, { part, before, private: isPrivate = false, keep: isKept = false }) => {
    const { uploadId, received } = before && "uploadId" in before ? before : { uploadId: newId("upload"), received: 0 };
    const bytes = bytesOf(part);
    if (received + bytes.length > ctx.env.MEDIA_BYTES)
      throw new DomainError("BODY_TOO_LARGE", `An image has at most ${ctx.env.MEDIA_BYTES} bytes.`);
    if (part.number === 1) typeOf(bytes); // before the others are sent
    if (!part.isLast) {
      await keepPart(ctx.db, uploadId, part.number, bytes);
      return { uploadId, received: received + bytes.length };
    }
    const isSingle = part.number === 1;
    const whole = isSingle ? bytes : Buffer.concat([...(await partsBefore(ctx, uploadId, part.number)), bytes]);
    const hash = createHash("sha256").update(whole).digest("hex");
    const stored = await storeImage(ctx, whole, { hash, type: typeOf(whole), isPrivate, isKept });
    if (!isSingle) await deleteParts(ctx.db, uploadId);
    return mediaView(stored);
  },
);

/** @throws DomainError UNSUPPORTED_MEDIA_TYPE */
function typeOf(bytes: Buffer) {
  const type = imageTypeOf(bytes);
  if (type) return type;
  throw new DomainError("UNSUPPORTED_MEDIA_TYPE", "The content is not a JPEG, PNG, WebP, AVIF or GIF image.");
}

async function partsBefore({ db }: ActionContext<MediaDeps> & Transactions, uploadId: string, last: number) {
  const parts = await readParts(db, uploadId);
  if (parts.length === last - 1) return parts.map(({ content }) => content);
  const minutes = mediaLimits.UPLOAD_SECONDS / 60;
  throw new DomainError("SERVICE_UNAVAILABLE", `The upload took longer than ${minutes} minutes. Send it again.`);
}

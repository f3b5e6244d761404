import { DomainError } from "#lib/contract/errors.ts";
import type { ActionContext, Handler } from "#mixins/service/context.ts";
import type { media } from "../contract.ts";
import { chunkOf } from "../domain/chunk.ts";
import { planDerivative } from "../domain/derivative.ts";
import { mediaLimits } from "../domain/limits.ts";
import type { Media } from "../domain/media.ts";
import { findMedia, type ReadMedia } from "../media.store.ts";
import type { MediaDeps } from "../setup.ts";

type Get = typeof media.actions.get;

export const getMedia: Handler<Get, MediaDeps> = async (ctx, params) => {
  const found = await readMedia(ctx, params.mediaId, params);
  const derivative = planDerivative(found, params, ctx.deps.sizes);
  const bytes = await ctx.deps.derivatives.read(found, derivative);
  const chunk = chunkOf(bytes, Number(params.next ?? 0), mediaLimits.CHUNK_BYTES);
  return { type: `image/${derivative.format}`, immutable: !found.isPrivate, ...chunk };
};

interface Link {
  expires?: number | undefined;
  signature?: string | undefined;
}

/** @throws DomainError NOT_FOUND, also for a private image without its link; LINK_EXPIRED */
async function readMedia(ctx: ActionContext<MediaDeps>, mediaId: string, link: Link): Promise<Media> {
  const { known } = ctx.deps;
  const remembered = known.get(mediaId);
  if (remembered && remembered.until > performance.now()) return remembered;
  const found = await findMedia(ctx.db, mediaId);
  if (!found) throw new DomainError("NOT_FOUND");
  if (found.isPrivate) requireLink(ctx.deps, found, link);
  else known.set(mediaId, { ...found, until: performance.now() + mediaLimits.KNOWN_MS });
  return found;
}

function requireLink({ links }: MediaDeps, { mediaId, nowSeconds }: ReadMedia, { expires, signature }: Link): void {
  if (expires === undefined || !links.proves(signature, "media", mediaId, String(expires)))
    throw new DomainError("NOT_FOUND");
  if (expires <= nowSeconds) throw new DomainError("LINK_EXPIRED");
}

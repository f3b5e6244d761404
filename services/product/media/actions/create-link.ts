import { DomainError } from "#lib/contract/errors.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { media } from "../contract.ts";
import { urlOf } from "../domain/references.ts";
import { findMedia } from "../media.store.ts";
import type { MediaDeps } from "../setup.ts";

const MS = 1_000;

export const createLink: Handler<typeof media.actions.createLink, MediaDeps> = async (
  { db, deps },
  { mediaId, expiresInSeconds },
) => {
  const found = await findMedia(db, mediaId);
  if (!found) throw new DomainError("NOT_FOUND");
  const expires = found.nowSeconds + expiresInSeconds;
  const signature = deps.links.sign("media", mediaId, String(expires));
  return {
    url: `${urlOf(mediaId)}?expires=${expires}&signature=${signature}`,
    expiresAt: new Date(expires * MS).toISOString(),
  };
};

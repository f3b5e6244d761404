import { limits } from "#config/limits.ts";
import { endPart, readPart } from "#lib/contract/cursor.ts";
import type { Handler } from "#mixins/service/context.ts";
import type { media } from "../contract.ts";
import { countMedia, listMedia, type MediaFilter, type MediaKey } from "../media.store.ts";
import type { MediaDeps } from "../setup.ts";
import { listedView } from "../view.ts";

const SHAPE: MediaKey = [0, ""];

export const mediaList: Handler<typeof media.actions.list, MediaDeps> = async ({ db }, params) => {
  const filter: MediaFilter = params.unused === undefined ? "all" : params.unused ? "unused" : "used";
  const part = readPart(params, ["media.list", filter], SHAPE);
  const [listed, total] = await Promise.all([
    listMedia(db, filter, part),
    part.kind === "page" ? countMedia(db, filter, limits.LIST_TOTAL) : 0,
  ]);
  const count = { total, atLeast: total === limits.LIST_TOTAL };
  const { rows, pagination } = endPart(
    part,
    listed,
    ({ createdKey, mediaId }): MediaKey => [createdKey, mediaId],
    count,
  );
  return { media: rows.map(listedView), pagination };
};

import type { Media } from "./domain/media.ts";
import { urlOf } from "./domain/references.ts";
import type { ListedMedia } from "./media.store.ts";

export function mediaView({ mediaId, type, width, height, bytes, isPrivate, isKept, createdAt }: Media) {
  return {
    ...{ mediaId, url: urlOf(mediaId), type, width, height, bytes },
    ...{ private: isPrivate, keep: isKept, createdAt: createdAt.toISOString() },
  };
}

export function listedView(listed: ListedMedia) {
  return { ...mediaView(listed), products: listed.products };
}

/** Below which an image is read. */
export const MEDIA_PATH = "/api/v1/media/";

const OF_URL = /(?:^|\/)api\/v1\/media\/([A-Za-z0-9_]{1,64})(?:[?#]|$)/;
const BARE = /^med_[a-z0-9_]{1,60}$/;

/** The address of an image, as products hold it. */
export function urlOf(mediaId: string): string {
  return `${MEDIA_PATH}${mediaId}`;
}

/** The ids of our own images among the images of a product, which are addresses of any kind, or such ids. */
export function mediaIdsIn(images: readonly string[]): string[] {
  const ids = images.flatMap((image) => OF_URL.exec(image)?.[1] ?? (BARE.test(image) ? image : []));
  return [...new Set(ids)];
}

/** What one event tells: which images a product shows from now on. */
export interface Told {
  productId: string;
  /** Of the event among those of the product. */
  sequence: number;
  mediaIds: readonly string[];
}

/** The latest of several events of each product, by the id of the product. */
export function latestOf(told: readonly Told[]): Told[] {
  const latest = new Map<string, Told>();
  for (const one of told) {
    const known = latest.get(one.productId);
    if (!known || known.sequence < one.sequence) latest.set(one.productId, one);
  }
  return [...latest.values()].sort((a, b) => (a.productId < b.productId ? -1 : 1));
}

import type { ImageType } from "./image-type.ts";

/** What is known of an image. */
export interface Media {
  mediaId: string;
  /** Type of the stored original, which is not always that of the upload. */
  type: ImageType;
  width: number;
  height: number;
  /** Of the stored original. */
  bytes: number;
  isPrivate: boolean;
  /** It stays although no product shows it. */
  isKept: boolean;
  /** Name of the drawing of a demonstration picture, whose original is drawn when it is first needed. */
  drawing: string | null;
  createdAt: Date;
}

/** The name of the file of an original. */
export function originalName({ type }: Pick<Media, "type">): string {
  return `original.${type.slice("image/".length)}`;
}

/** Whether a folder of files may be one of ours; anything else in the storage is left alone. */
export function isMediaId(name: string): boolean {
  return /^med_[a-z0-9_]{1,60}$/.test(name);
}

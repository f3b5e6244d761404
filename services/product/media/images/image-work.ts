import type { Fit, Format } from "../domain/derivative.ts";
import type { ImageType } from "../domain/image-type.ts";

/** What a process for images is asked to do. */
export type ImageWork =
  /** Reads an upload of this type, and gives it back upright, in sRGB and without metadata. */
  | { kind: "normalise"; bytes: Uint8Array; type: ImageType; maxPixels: number; maxSide: number }
  | { kind: "derive"; bytes: Uint8Array; width: number; height: number; fit: Fit; format: Format }
  /** Only for drawings of our own: an SVG of a stranger may name other files. */
  | { kind: "draw"; svg: string };

export interface MadeImage {
  kind: "made";
  bytes: Uint8Array;
  type: ImageType;
  width: number;
  height: number;
}

/** `pixels` has too many of them; `damaged` cannot be decoded to its end. */
export type ImageOutcome = MadeImage | { kind: "refused"; because: "pixels" | "damaged"; detail: string };

export const FORMATS = ["webp", "avif", "jpeg"] as const;
export type Format = (typeof FORMATS)[number];
export const FITS = ["cover", "contain"] as const;
export type Fit = (typeof FITS)[number];

/** What a request asks for; pixels. */
export interface Wish {
  w?: number | undefined;
  h?: number | undefined;
  fit?: Fit | undefined;
  format?: Format | undefined;
}

interface Size {
  width: number;
  height: number;
}

/** An image in another size or format. `name` is that of its file: equal names are equal images. */
export interface Derivative extends Size {
  fit: Fit;
  format: Format;
  name: string;
}

/** The sizes that a setting such as `320,640` names, in ascending order. */
export function parseSizes(setting: string): number[] {
  return [...new Set(setting.split(",").map(Number))].sort((a, b) => a - b);
}

/**
 * Which image answers a request. The wished sizes are rounded up to one of `sizes`, or down to the largest. `contain` fits
 * all of the image into them, `cover` fills them and cuts off what is left over. An image is never enlarged: one that is
 * too small for `cover` is cut to the same shape in the largest size that it has. Without a size it fits into the largest.
 */
export function planDerivative(image: Size, wish: Wish, sizes: readonly number[]): Derivative {
  const { format = "webp" } = wish;
  const largest = sizes.at(-1) ?? 1;
  const allowed = (pixels: number) => sizes.find((size) => size >= pixels) ?? largest;
  const isBare = wish.w === undefined && wish.h === undefined;
  const w = wish.w === undefined ? (isBare ? largest : undefined) : allowed(wish.w);
  const h = wish.h === undefined ? (isBare ? largest : undefined) : allowed(wish.h);
  const covers = wish.fit === "cover" && w !== undefined && h !== undefined && !isBare;
  const { width, height } = covers ? covered(image, { width: w, height: h }) : contained(image, w, h);
  const keepsShape = !covers || (width === image.width && height === image.height);
  const fit: Fit = keepsShape ? "contain" : "cover";
  return { width, height, fit, format, name: `${width}x${height}-${fit}.${format}` };
}

function covered(image: Size, box: Size): Size {
  return scaled(box, Math.min(1, image.width / box.width, image.height / box.height));
}

function contained(image: Size, w: number | undefined, h: number | undefined): Size {
  return scaled(image, Math.min(1, (w ?? image.width) / image.width, (h ?? image.height) / image.height));
}

function scaled({ width, height }: Size, factor: number): Size {
  return { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) };
}

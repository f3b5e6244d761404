import sharp, { type Sharp } from "sharp";
import type { ImageOutcome, ImageWork, MadeImage } from "./image-work.ts";

// A process of its own: libvips is C, and a file that makes it fail must not end a node with it.

sharp.cache(false); // no image comes twice
sharp.concurrency(1); // the service decides how many images are made at once
const DECODERS = ["Jpeg", "Png", "Webp", "Nsgif", "Heif"].map((name) => `VipsForeignLoad${name}`);
const DRAWER = ["VipsForeignLoadSvg"];
const QUALITY = { original: 95, webp: 80, avif: 50, jpeg: 82 } as const; // originals are encoded again from what was sent
const AVIF_EFFORT = 1; // of 9; the default of 4 takes ten times as long, for a file that is a few per cent smaller
const WEBP_EFFORT = 3; // of 6

process.on("message", async (work: ImageWork) => {
  process.send?.(await outcomeOf(work));
});

async function outcomeOf(work: ImageWork): Promise<ImageOutcome> {
  try {
    sharp.block({ operation: ["VipsForeignLoad"] });
    sharp.unblock({ operation: work.kind === "draw" ? DRAWER : DECODERS });
    switch (work.kind) {
      case "normalise":
        return await normalise(work);
      case "derive":
        return await derive(work);
      case "draw":
        return await made(sharp(Buffer.from(work.svg)).png(), "image/png");
      default:
        return work satisfies never;
    }
  } catch (error) {
    return { kind: "refused", because: "damaged", detail: String(error) };
  }
}

async function normalise(work: Extract<ImageWork, { kind: "normalise" }>): Promise<ImageOutcome> {
  const { bytes, type, maxPixels, maxSide } = work;
  const image = sharp(bytes, { limitInputPixels: maxPixels, failOn: "error" });
  const { width, height } = await sharp(bytes, { limitInputPixels: false }).metadata(); // of the header: nothing is decoded
  if (width * height > maxPixels || Math.max(width, height) > maxSide)
    return { kind: "refused", because: "pixels", detail: `It has ${width} x ${height} pixels` };
  const upright = image.autoOrient();
  const quality = QUALITY.original;
  if (type === "image/jpeg") return made(upright.jpeg({ quality, chromaSubsampling: "4:4:4" }), "image/jpeg");
  if (type === "image/png" || type === "image/gif") return made(upright.png(), "image/png");
  return made(upright.webp({ quality, effort: WEBP_EFFORT }), "image/webp");
}

async function derive({ bytes, width, height, fit, format }: Extract<ImageWork, { kind: "derive" }>) {
  const image = sharp(bytes, { failOn: "none" }).resize(width, height, { fit: fit === "cover" ? "cover" : "fill" });
  const quality = QUALITY[format];
  if (format === "webp") return made(image.webp({ quality, effort: WEBP_EFFORT }), "image/webp");
  if (format === "avif") return made(image.avif({ quality, effort: AVIF_EFFORT }), "image/avif");
  return made(image.flatten({ background: "#ffffff" }).jpeg({ quality, progressive: true }), "image/jpeg");
}

async function made(image: Sharp, type: MadeImage["type"]): Promise<MadeImage> {
  const { data, info } = await image.toBuffer({ resolveWithObject: true });
  return { kind: "made", bytes: data, type, width: info.width, height: info.height };
}

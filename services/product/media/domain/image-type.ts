export const IMAGE_TYPES = ["image/jpeg", "image/png", "image/webp", "image/avif", "image/gif"] as const;
export type ImageType = (typeof IMAGE_TYPES)[number];

const LONGEST_SIGNATURE = 64; // AVIF names its brands after the first twelve bytes

/** The type of an image by its first bytes: a name or a header may say anything. Undefined for all that is not taken. */
export function imageTypeOf(bytes: Uint8Array): ImageType | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, LONGEST_SIGNATURE));
  const text = head.toString("latin1");
  if (text.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (text.startsWith("GIF87a") || text.startsWith("GIF89a")) return "image/gif";
  if (text.startsWith("RIFF") && text.slice(8, 12) === "WEBP") return "image/webp";
  return isAvif(head, text) ? "image/avif" : undefined;
}

/** ISO 14496-12: a box `ftyp` with a major brand, a version and other brands of four letters each. */
function isAvif(head: Buffer, text: string): boolean {
  if (head.length < 16 || text.slice(4, 8) !== "ftyp") return false;
  const end = Math.min(head.readUInt32BE(0), head.length);
  for (let at = 8; at + 4 <= end; at += 4) {
    const brand = text.slice(at, at + 4);
    if (at !== 12 && (brand === "avif" || brand === "avis")) return true;
  }
  return false;
}

export const DOCUMENT_MEDIA_TYPES = ["application/pdf", "image/png", "image/jpeg"] as const;
export type DocumentMediaType = (typeof DOCUMENT_MEDIA_TYPES)[number];

const LONGEST_SIGNATURE = 8;

/** The type of a document by its first bytes: a header may say anything. Undefined for all that is not taken. */
export function documentTypeOf(bytes: Uint8Array): DocumentMediaType | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, LONGEST_SIGNATURE));
  const text = head.toString("latin1");
  if (text.startsWith("%PDF-")) return "application/pdf";
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  return text.startsWith("\xff\xd8\xff") ? "image/jpeg" : undefined;
}

import { type Static, Type } from "typebox";
import { Exact } from "./contract.ts";

/** The media type of every answer unless its client prefers another format. */
export const JSON_TYPE = "application/json";

/**
 * An answer in another format than JSON, as an action gives it to the gateway. The bytes are base64, because the serializer
 * between nodes knows JSON only.
 */
export const Rendition = Exact({
  base64: Type.String(),
  fileName: Type.String({ description: "Under which a browser saves it" }),
});
export type Rendition = Static<typeof Rendition>;

export function renditionOf(bytes: Uint8Array, fileName: string): Rendition {
  return { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64"), fileName };
}

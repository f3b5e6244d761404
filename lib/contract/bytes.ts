import { type Static, Type } from "typebox";
import { Exact } from "./contract.ts";

/** A part of a body, as the gateway gives it to an action. The bytes are base64, because nodes send each other JSON. */
export const BodyPart = Exact({
  number: Type.Integer({ minimum: 1, description: "1 for the first part of a body" }),
  base64: Type.String(),
  isLast: Type.Boolean({ description: "Nothing follows; a last part may be empty" }),
  type: Type.String({ description: "Media type of the body, in lower case and without parameters" }),
});
export type BodyPart = Static<typeof BodyPart>;

/** An answer that is bytes, or a chunk of one that is too long for one answer. */
export const Bytes = Exact({
  type: Type.String({ description: "Media type" }),
  base64: Type.String(),
  fileName: Type.Optional(Type.String({ description: "Under which a browser saves it" })),
  immutable: Type.Optional(
    Type.Boolean({
      description: "Whoever has it may keep it for a year, because this address never answers otherwise",
    }),
  ),
  next: Type.Optional(Type.String({ description: "The parameter `next` of the call that gives the following chunk" })),
});
export type Bytes = Static<typeof Bytes>;

export function bytesOf(part: { base64: string }): Buffer {
  return Buffer.from(part.base64, "base64");
}

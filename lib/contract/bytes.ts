import { type Static, Type } from "typebox";
import { Exact } from "./contract.ts";

/** A part of a body that is bytes instead of JSON. */
export const BodyPart = Exact({
  number: Type.Integer({ minimum: 1 }),
  base64: Type.String(),
  isLast: Type.Boolean(),
  type: Type.String({ description: "Content-Type of the body" }),
});
export type BodyPart = Static<typeof BodyPart>;

/** An answer that is bytes instead of JSON, or a chunk of it. */
export const Bytes = Exact({
  type: Type.String(),
  base64: Type.String(),
  fileName: Type.Optional(Type.String()),
  immutable: Type.Optional(Type.Boolean()),
  next: Type.Optional(Type.String()),
});
export type Bytes = Static<typeof Bytes>;

import type { TSchema } from "typebox";
import { exampleId } from "#lib/contract/ids.ts";

export type Json = Record<string, unknown>;

/**
 * A schema of a contract as plain JSON for a document. The kind of an id (`x-id`) is ours alone, so the document shows an
 * example of such an id instead.
 */
export function documentSchema(schema: TSchema): Json {
  const json = JSON.stringify(schema); // without what TypeBox keeps in non-enumerable properties
  return JSON.parse(json, (_, value: unknown) => (hasIdKind(value) ? withExampleId(value) : value)) as Json;
}

function hasIdKind(value: unknown): value is Json & { "x-id": string } {
  return typeof value === "object" && value !== null && "x-id" in value && typeof value["x-id"] === "string";
}

function withExampleId({ "x-id": kind, ...schema }: Json & { "x-id": string }): Json {
  const example = exampleId(kind);
  return { ...schema, ...(example && !schema.examples ? { examples: [example] } : {}) };
}

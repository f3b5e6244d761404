import type { TSchema } from "typebox";
import { exampleId } from "./ids.ts";

/** What examples are made from. */
interface Described {
  type?: string;
  const?: unknown;
  enum?: readonly unknown[];
  anyOf?: readonly TSchema[];
  properties?: Readonly<Record<string, TSchema>>;
  required?: readonly string[];
  items?: TSchema;
  minimum?: number;
  default?: unknown;
  examples?: readonly unknown[];
  "x-id"?: string;
}

/**
 * A value that fits a schema, made from the examples that its parts give. Nothing is invented: a text without an example
 * gives none.
 * @param optional whether properties that may be absent are in it
 * @returns undefined when a part that is needed has no example
 */
export function exampleOf(schema: TSchema, { optional }: { optional: boolean }): unknown {
  const described = schema as Described;
  const given = described.examples?.[0] ?? described.const ?? described.enum?.[0] ?? described.default;
  if (given !== undefined) return given;
  if (described["x-id"]) return exampleId(described["x-id"]);
  if (described.anyOf?.[0]) return exampleOf(described.anyOf[0], { optional });
  switch (described.type) {
    case "object":
      return exampleObject(described, optional);
    case "array": {
      const item = described.items && exampleOf(described.items, { optional });
      return item === undefined ? undefined : [item];
    }
    case "integer":
    case "number":
      return Math.max(1, described.minimum ?? 1);
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return undefined;
  }
}

function exampleObject({ properties = {}, required = [] }: Described, optional: boolean): unknown {
  const names = optional ? Object.keys(properties) : required;
  const entries = names.map((name) => [name, exampleOf(properties[name] as TSchema, { optional })] as const);
  return entries.some(([, value]) => value === undefined) ? undefined : Object.fromEntries(entries);
}

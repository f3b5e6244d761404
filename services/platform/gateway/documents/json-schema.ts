import type { TSchema } from "typebox";
import { exampleId } from "#lib/contract/ids.ts";

export type Json = Record<string, unknown>;

/**
 * The schemas of one document. A schema that has a name is kept once, below `components.schemas`, and referred to from
 * everywhere else.
 */
export class Schemas {
  readonly components: Record<string, Json> = {};
  readonly #names = new Map<string, string>();

  /**
   * A schema of a contract as plain JSON, or a reference to it. What is for this program alone is left out: the kind of an
   * id becomes an example of such an id, and the form of a text its description.
   * @throws Error when two different schemas have the same name
   */
  of(schema: TSchema): Json {
    const json = JSON.stringify(schema); // without what TypeBox keeps in non-enumerable properties
    return JSON.parse(json, (_, value: unknown) => (isObject(value) ? this.#named(described(value)) : value)) as Json;
  }

  /** A reference to the named schema that is equal to this one; the schema itself when there is none. */
  shared(json: Json): Json {
    const name = this.#names.get(canonical(json));
    return name === undefined ? json : reference(name);
  }

  #named({ "x-name": name, ...schema }: Json): Json {
    if (typeof name !== "string") return schema;
    const { "x-personal": personal, ...component } = schema; // it says something about this use of the schema
    const known = this.components[name];
    if (known && canonical(known) !== canonical(component)) throw new Error(`Two schemas have the name ${name}.`);
    this.components[name] = component;
    this.#names.set(canonical(component), name);
    return { ...reference(name), ...(personal ? { "x-personal": personal } : {}) };
  }
}

function reference(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

function described({ "x-id": kind, "x-form": form, ...schema }: Json): Json {
  const example = typeof kind === "string" ? exampleId(kind) : undefined;
  return {
    ...schema,
    ...(example && !schema.examples ? { examples: [example] } : {}),
    ...(typeof form === "string" && !schema.description ? { description: capitalised(form) } : {}),
  };
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** JSON text that is the same for objects whose properties only have another order. */
function canonical(json: Json): string {
  return JSON.stringify(json, (_, value: unknown) =>
    isObject(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value,
  );
}

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
  readonly #made = new WeakMap<object, Json>();

  /**
   * A schema of a contract as plain JSON, or a reference to it. What is for this program alone is left out: the kind of an
   * id becomes an example of such an id, and the form of a text its description.
   * @throws Error when two different schemas have the same name
   */
  of(schema: TSchema): Json {
    return this.#plain(schema) as Json;
  }

  /** A reference to the named schema that is equal to this one; the schema itself when there is none. */
  shared(json: Json): Json {
    const name = this.#names.get(canonical(json));
    return name === undefined ? json : reference(name);
  }

  /** Enumerable properties only: TypeBox keeps what is its own in others. Contracts share schemas, so each is made once. */
  #plain(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#plain(item));
    if (!isObject(value)) return value;
    const known = this.#made.get(value);
    if (known) return known;
    const plain = Object.fromEntries(Object.entries(value).map(([name, part]) => [name, this.#plain(part)]));
    const made = this.#named(described(plain));
    this.#made.set(value, made);
    return made;
  }

  #named({ "x-name": name, ...schema }: Json): Json {
    if (typeof name !== "string") return schema;
    const { "x-personal": personal, ...component } = schema; // it says something about this use of the schema
    const known = this.components[name];
    if (known === undefined) {
      this.components[name] = component;
      this.#names.set(canonical(component), name);
    } else if (JSON.stringify(known) !== JSON.stringify(component)) {
      throw new Error(`Two schemas have the name ${name}.`);
    }
    return { ...reference(name), ...(personal ? { "x-personal": personal } : {}) };
  }
}

function reference(name: string): Json {
  return { $ref: `#/components/schemas/${name}` };
}

function described({ "x-id": kind, "x-form": form, ...schema }: Json): Json {
  const example = typeof kind === "string" ? exampleId(kind) : undefined;
  const words = !schema.type && Array.isArray(schema.enum) && schema.enum.every((value) => typeof value === "string");
  return {
    ...(words ? { type: "string" } : {}),
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

import { type TProperties, type TSchema, Type } from "typebox";

/**
 * Names a schema. API documents show it once, under this name, and refer to it wherever it is used. Validation ignores the
 * name. Two different schemas of one document cannot have the same name.
 */
export function Named<S extends TSchema>(name: string, schema: S): S {
  return Type.With(schema, { "x-name": name }) as S;
}

/** A named object. Answers may have further properties in a later version. */
export function NamedObject<P extends TProperties>(name: string, properties: P) {
  return Named(name, Type.Object(properties));
}

/** A named object with exactly these properties; unknown ones are refused. */
export function NamedExact<P extends TProperties>(name: string, properties: P) {
  return Named(name, Type.Object(properties, { additionalProperties: false }));
}

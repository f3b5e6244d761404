import { type TSchema, Type } from "typebox";

/**
 * Marks a field of an event or an answer as personal: it says something about one person, such as a name or an address.
 * OpenAPI and AsyncAPI show it as `x-personal`. Where a table keeps it, `personalData` of the contract names the column.
 */
export function Personal<S extends TSchema>(schema: S): S {
  return Type.With(schema, { "x-personal": true }) as S;
}

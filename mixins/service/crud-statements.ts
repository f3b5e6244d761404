import type { CrudTable } from "#lib/contract/crud.ts";
import { lockKey } from "#lib/sql/lock-keys.ts";
import type { TableModel } from "./database-mixin.ts";

/** The statements of one table. They are constants of the service, so Postgres keeps them prepared. */
export interface CrudStatements {
  /** Takes the path parameters as one text: creations for one owner come one after the other. */
  lockOwner: string;
  /** Take the path parameters, or the path parameters and then the id. All but `count` and `remove` return whole rows. */
  count: string;
  find: string;
  lock: string;
  remove: string;
  /** Takes the path parameters, the id, and then the fields. */
  insert: string;
  update: string;
  /** A field's value as a parameter of `insert` or `update`. */
  parameter(field: string, value: unknown): unknown;
}

interface Column {
  name: string;
  json: boolean;
}

/**
 * @throws Error when the model lacks a property of the contract, when the service is loaded
 */
export function crudStatements(service: string, table: CrudTable, model: TableModel): CrudStatements {
  const columns = columnsOf(service, table, model);
  const column = (property: string) => columns.get(property) as Column;
  const equals = (property: string, i: number) => `${column(property).name} = $${i + 1}`;
  const placeholder = (property: string, i: number) => `$${i + 1}${column(property).json ? "::json" : ""}`;
  const name = quoted(model.options.tableName ?? model.name);
  const key = [...table.pathParams, table.id];
  const written = [...key, ...table.fields];
  const row = [...columns].map(([property, { name }]) => `${name} AS ${quoted(property)}`).join(", ");
  const ofOwner = table.pathParams.map(equals).join(" AND ") || "true";
  const ofKey = key.map(equals).join(" AND ");
  const find = `SELECT ${row} FROM ${name} WHERE ${ofKey}`;
  const created = column("createdAt").name;
  const updated = column("updatedAt").name;
  const changes = table.fields.map((field, i) => `${column(field).name} = ${placeholder(field, key.length + i)}`);
  return {
    lockOwner: `SELECT pg_advisory_xact_lock(${lockKey("owner")})`,
    count: `SELECT count(*)::int AS count FROM ${name} WHERE ${ofOwner}`,
    find,
    lock: `${find} FOR UPDATE`,
    remove: `DELETE FROM ${name} WHERE ${ofKey} RETURNING 1 AS removed`,
    insert: `INSERT INTO ${name} (${written.map((property) => column(property).name).join(", ")}, ${created}, ${updated})
      VALUES (${written.map(placeholder).join(", ")}, now(), now()) RETURNING ${row}`,
    update: `UPDATE ${name} SET ${[...changes, `${updated} = now()`].join(", ")} WHERE ${ofKey} RETURNING ${row}`,
    parameter(field, value) {
      if (value === undefined || value === null) return null;
      return column(field).json ? JSON.stringify(value) : value;
    },
  };
}

function columnsOf(service: string, table: CrudTable, model: TableModel): Map<string, Column> {
  const properties = [...table.pathParams, table.id, ...table.fields, "createdAt", "updatedAt"];
  return new Map(
    properties.map((property) => {
      const attribute = model.define[property];
      if (!attribute)
        throw new Error(`The model ${model.name} lacks ${property}, which the contract of ${service} has.`);
      const described = typeof attribute === "object" && "type" in attribute;
      const type = (described ? attribute.type : attribute) as { key?: string };
      const field = (described && attribute.field) || (model.options.underscored ? snakeCase(property) : property);
      return [property, { name: quoted(field), json: type.key === "JSON" || type.key === "JSONB" }];
    }),
  );
}

function snakeCase(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

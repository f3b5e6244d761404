import type { ServiceSchema } from "moleculer";
import type { CrudAction, CrudTable } from "#lib/contract/crud.ts";
import { DomainError } from "#lib/contract/errors.ts";
import { newId } from "#lib/contract/ids.ts";
import type { ActionContract, Contract } from "#lib/contract/types.ts";
import { sqlState, UNIQUE_VIOLATION } from "#lib/sql/sql-state.ts";
import { type ActionContext, type Handler, type Transactions, transactional } from "./context.ts";
import { type CrudStatements, crudStatements } from "./crud-statements.ts";
import type { TableModel } from "./database-mixin.ts";
import { type ServiceDefinition, service } from "./service.ts";

type Params = Record<string, unknown>;
type Row = Record<string, unknown>;
type CrudHandler = (ctx: ActionContext, params: Params) => Promise<object>;

/** A service's definition, in which the actions made by `crud` need no handler. */
export interface CrudDefinition<C extends Contract, Deps>
  extends Omit<ServiceDefinition<C, Deps>, "actions" | "database"> {
  /** Folder of `NNN-name.sql` files, run in order, once each. */
  migrations: string;
  /** The table of the actions made by `crud`: each path parameter, the id, each field, `createdAt` and `updatedAt`. */
  model: TableModel;
  /** Handlers of the contract's other actions. */
  actions?: {
    [K in keyof C["actions"] as C["actions"][K] extends CrudAction ? never : K]: Handler<C["actions"][K], Deps>;
  };
}

/**
 * A service whose contract has actions made by `crud`: their handlers follow from the contract and the model.
 * @throws Error when the model lacks a property of the contract
 */
export function crudService<C extends Contract, Deps = undefined>(
  contract: C,
  { migrations, model, actions, ...definition }: CrudDefinition<C, Deps>,
): ServiceSchema {
  const made = Object.entries(contract.actions).flatMap(([name, spec]) =>
    isCrud(spec) ? [[name, crudHandler(contract.name, spec, model)]] : [],
  );
  const handlers = { ...Object.fromEntries(made), ...actions } as ServiceDefinition<C, Deps>["actions"];
  return service<C, Deps>(contract, { ...definition, database: { migrations, model }, actions: handlers });
}

function isCrud(spec: ActionContract): spec is CrudAction {
  return "crud" in spec;
}

function crudHandler(service: string, { crud: { does, table } }: CrudAction, model: TableModel): CrudHandler {
  const sql = crudStatements(service, table, model);
  switch (does) {
    case "list":
      return list(table);
    case "get":
      return async ({ db }, params) => view(table, found(await db.query(sql.find, keyOf(table, params))));
    case "create":
      return create(table, sql);
    case "update":
      return update(table, sql);
    case "delete":
      return remove(table, sql);
    default:
      return does satisfies never;
  }
}

function list(table: CrudTable): CrudHandler {
  return async ({ db }, { page, limit, sort = "-createdAt", ...given }) => {
    const { rows, pagination } = await db.page<Row>({
      ...({ page, limit } as { page?: number; limit?: number }),
      sort: `${sort} ${table.id}`, // a total order: no item is on two pages
      where: Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    });
    return { [table.items]: rows.map((row) => view(table, row)), pagination };
  };
}

function create(table: CrudTable, sql: CrudStatements): CrudHandler {
  return inTransaction(async (tx, params) => {
    const owner = ownerOf(table, params);
    if (table.maxItems !== undefined) {
      await tx.query(sql.lockOwner, [JSON.stringify(owner)]);
      const [row] = await tx.query<{ count: number }>(sql.count, owner);
      if ((row?.count ?? 0) >= table.maxItems)
        throw new DomainError("LIMIT_REACHED", `There can be at most ${table.maxItems} ${table.items}.`);
    }
    const fields = table.fields.map((field) => sql.parameter(field, params[field]));
    const rows = await tx.query(sql.insert, [...owner, newId(table.kind), ...fields]).catch(explain);
    return view(table, found(rows));
  });
}

function update(table: CrudTable, sql: CrudStatements): CrudHandler {
  return inTransaction(async (tx, params) => {
    const key = keyOf(table, params);
    const row = found(await tx.query(sql.lock, key));
    const fields = table.fields.map((field) =>
      sql.parameter(field, params[field] === undefined ? row[field] : params[field]),
    );
    return view(table, found(await tx.query(sql.update, [...key, ...fields]).catch(explain)));
  });
}

function remove(table: CrudTable, sql: CrudStatements): CrudHandler {
  return inTransaction(async (tx, params) => {
    found(await tx.query(sql.remove, keyOf(table, params)));
    return {};
  });
}

type Tx = Parameters<Parameters<Transactions["transaction"]>[0]>[0];

function inTransaction(work: (tx: Tx, params: Params) => Promise<object>): CrudHandler {
  return transactional((ctx: ActionContext & Transactions, params: Params) =>
    ctx.transaction((tx) => work(tx, params)),
  );
}

function ownerOf({ pathParams }: CrudTable, params: Params): unknown[] {
  return pathParams.map((name) => params[name]);
}

function keyOf(table: CrudTable, params: Params): unknown[] {
  return [...ownerOf(table, params), params[table.id]];
}

/** @throws DomainError NOT_FOUND: there is no such row, or it belongs to another owner */
function found(rows: readonly Row[]): Row {
  const [row] = rows;
  if (!row) throw new DomainError("NOT_FOUND");
  return row;
}

/** A row as the contract shows it: times as ISO text, optional fields without a value left out. */
function view({ pathParams, id, fields, optional }: CrudTable, row: Row): object {
  const shown = [...pathParams, id, ...fields, "createdAt", "updatedAt"].map((name) => [name, row[name]] as const);
  return Object.fromEntries(
    shown
      .filter(([name, value]) => value !== null || !optional.includes(name))
      .map(([name, value]) => [name, value instanceof Date ? value.toISOString() : value]),
  );
}

/** @throws DomainError for what the table's unique constraints and column types refuse; else the error itself */
function explain(error: unknown): never {
  const state = sqlState(error) ?? "";
  if (state === UNIQUE_VIOLATION) throw new DomainError("ALREADY_EXISTS");
  if (state.startsWith("22")) throw new DomainError("VALIDATION_FAILED", "A value cannot be stored."); // data exceptions
  throw error;
}

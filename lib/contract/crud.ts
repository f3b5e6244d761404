import { type Static, type TObject, type TProperties, type TSchema, type TUnsafe, Type } from "typebox";
import { limits } from "#config/limits.ts";
import type { Access } from "./access.ts";
import { Empty, Exact, Page, Pagination, Timestamp } from "./contract.ts";
import type { ErrorCode } from "./errors.ts";
import type { IdKind } from "./ids.ts";
import { NamedExact } from "./named.ts";
import type { ActionContract } from "./types.ts";

/** The names of the parameters in a path such as `/customers/:customerId/wishes`. */
type PathParam<P extends string> = P extends `${string}/:${infer Rest}`
  ? Rest extends `${infer Name}/${infer More}`
    ? Name | PathParam<`/${More}`>
    : Rest
  : never;

type Flat<T> = { [K in keyof T]: T[K] };
type FieldsOf<F extends TProperties> = Static<TObject<F>>;
/** Only single values can be compared with a query parameter or sorted. */
type ScalarOf<S> = {
  [K in keyof S & string]-?: NonNullable<S[K]> extends string | number | boolean ? K : never;
}[keyof S & string];
type Optional<S, K extends keyof S> = object extends Pick<S, K> ? true : false;

type ListQuery<S, Filter extends string, Sort extends string> = {
  page?: number;
  limit?: number;
  sort?: Sort | `-${Sort}`;
} & { [K in Filter & keyof S]?: S[K] };
type Key<P extends string, Kind extends string> = { [K in PathParam<P> | `${Kind}Id`]: string };
type Item<P extends string, Kind extends string, S> = Flat<Key<P, Kind> & S & { createdAt: string; updatedAt: string }>;
type Change<S> = { [K in keyof S]?: Optional<S, K> extends true ? S[K] | null : S[K] };

/** What the five actions of one table have in common; `crudService` makes their handlers from it. */
export interface CrudTable {
  /** Parameters of the path: columns whose values every statement asks for, so that other owners' rows do not exist. */
  pathParams: readonly string[];
  /** Property with the id, such as `wishId`, and the kind of id that is made for it. */
  id: string;
  kind: IdKind;
  items: string;
  fields: readonly string[];
  /** Fields that may be absent: null in the database. */
  optional: readonly string[];
  /** Most rows with the same path parameters; undefined: no bound. */
  maxItems: number | undefined;
}

export interface CrudAction<P extends TSchema = TSchema, R extends TSchema = TSchema> extends ActionContract<P, R> {
  crud: { does: "list" | "get" | "create" | "update" | "delete"; table: CrudTable };
}

export interface CrudOptions<
  P extends string,
  Items extends string,
  Kind extends IdKind,
  F extends TProperties,
  Filter,
  Sort,
> {
  /** Path of the list below `/api/v1`. One item is at `<path>/:<id>Id`. Each parameter is also a column of the table. */
  path: P;
  /** What one item is called in the API reference, such as `wish`. Its schema has this name, too: `Wish`. */
  item: string;
  /** Property of the list's answer that holds the items. */
  items: Items;
  /** The kind of id, from `defineIds`: `wish` gives the property `wishId`. */
  id: Kind;
  /**
   * What a client writes and reads. A field with `Type.Optional` may be left out at creation, is set to nothing by an
   * update with null, and is absent in the answer then.
   */
  fields: F;
  /** Fields that a list can be filtered by: `?productId=…`. */
  filters?: readonly Filter[];
  /** Fields that a list can be sorted by, besides `createdAt`: `?sort=-note`. */
  sort?: readonly Sort[];
  access: Access | { read: Access; write: Access };
  /** Schemas of path parameters that are no ids, such as `{ sku: Sku }`. */
  params?: { [K in PathParam<P>]?: TSchema };
  /**
   * Most items with the same path parameters, such as one customer's; a further one is refused with LIMIT_REACHED. By
   * default `limits.ITEMS_PER_OWNER`, and no bound for a path without parameters.
   */
  maxItems?: number;
}

/**
 * The contracts of five actions (list, get, create, update, delete) over one table, from one description. Spread them
 * into the actions of a contract; `crudService` makes the handlers.
 */
export function crud<
  const P extends `/${string}`,
  const Items extends string,
  const Kind extends IdKind,
  F extends TProperties,
  const Filter extends ScalarOf<FieldsOf<F>> = never,
  const Sort extends ScalarOf<FieldsOf<F>> = never,
>(options: CrudOptions<P, Items, Kind, F, Filter, Sort>) {
  type Fields = FieldsOf<F>;
  type One = Item<P, Kind, Fields>;
  type PathParams = { [K in PathParam<P>]: string };
  const { path, item, items, id, fields, access } = options;
  const { read, write } = "kind" in access ? { read: access, write: access } : access;
  const table = tableOf(options);
  const pathParams = pathSchemas(table.pathParams, options.params ?? {});
  const key = { ...pathParams, [table.id]: idSchema(id) };
  const one = NamedExact(nameOf(item), { ...key, ...fields, createdAt: Timestamp, updatedAt: Timestamp });
  const at = `${path}/:${table.id}` as const;
  const full: ErrorCode[] = table.maxItems === undefined ? [] : ["LIMIT_REACHED"];
  return {
    list: action<Flat<PathParams & ListQuery<Fields, Filter, Sort | "createdAt">>, ListAnswer<Items, One>>(
      "list",
      table,
      {
        summary: `Lists ${items}, the newest first unless sorted otherwise.`,
        rest: `GET ${path}`,
        params: Exact({ ...pathParams, ...Page, ...queryOf(options) }),
        returns: Exact({ [items]: Type.Array(one, { maxItems: limits.PAGE_SIZE }), pagination: Pagination }),
        access: read,
      },
    ),
    get: action<Key<P, Kind>, One>("get", table, {
      summary: `Reads one ${item}.`,
      rest: `GET ${at}`,
      params: Exact(key),
      returns: one,
      access: read,
    }),
    create: action<Flat<PathParams & Fields>, One>("create", table, {
      summary: `Adds a ${item}.`,
      rest: `POST ${path}`,
      status: 201,
      params: Exact({ ...pathParams, ...fields }),
      returns: one,
      access: write,
      errors: ["ALREADY_EXISTS", ...full],
      idempotent: true,
    }),
    update: action<Flat<Key<P, Kind> & Change<Fields>>, One>("update", table, {
      summary: `Changes the fields of a ${item} that are given; null removes an optional one.`,
      rest: `PUT ${at}`,
      params: Exact({ ...key, ...changesOf(fields) }),
      returns: one,
      access: write,
      errors: ["ALREADY_EXISTS"],
      retryable: true,
    }),
    delete: action<Key<P, Kind>, object>("delete", table, {
      summary: `Removes a ${item}.`,
      rest: `DELETE ${at}`,
      status: 204,
      params: Exact(key),
      returns: Empty,
      access: write,
    }),
  };
}

type ListAnswer<Items extends string, One> = Flat<{ [K in Items]: One[] } & { pagination: Static<typeof Pagination> }>;

/** The schemas are made from the description; their types are stated, because the compiler cannot follow the making. */
function action<Params, Result>(
  does: CrudAction["crud"]["does"],
  table: CrudTable,
  spec: ActionContract,
): CrudAction<TUnsafe<Params>, TUnsafe<Result>> {
  const { params, returns } = spec;
  return { ...spec, params: Type.Unsafe<Params>(params), returns: Type.Unsafe<Result>(returns), crud: { does, table } };
}

function tableOf(options: CrudOptions<string, string, IdKind, TProperties, string, string>): CrudTable {
  const { path, items, id: kind, fields, access, maxItems } = options;
  const pathParams = [...path.matchAll(/\/:(\w+)/g)].map(([, name]) => String(name));
  for (const { kind: who, ...rest } of "kind" in access ? [access] : [access.read, access.write]) {
    if (who === "owner" && !("param" in rest))
      throw new Error(`The access of ${items} must name the owner's path parameter: ownerOr(scope, "customerId").`);
  }
  return {
    pathParams,
    id: `${kind}Id`,
    kind,
    items,
    fields: Object.keys(fields),
    optional: Object.keys(fields).filter((name) => Type.IsOptional(fields[name])),
    maxItems: maxItems ?? (pathParams.length > 0 ? limits.ITEMS_PER_OWNER : undefined),
  };
}

/** The name of an item in API documents: a `gift card` is a `GiftCard`. */
function nameOf(item: string): string {
  return item.replace(/(?:^|\W+)(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function idSchema(kind: string): TSchema {
  return Type.String({ minLength: 1, maxLength: 64, "x-id": kind });
}

function pathSchemas(names: readonly string[], schemas: Readonly<Record<string, TSchema | undefined>>): TProperties {
  return Object.fromEntries(names.map((name) => [name, schemas[name] ?? idSchema(name.replace(/Id$/, ""))]));
}

function queryOf(options: CrudOptions<string, string, IdKind, TProperties, string, string>): TProperties {
  const { fields, filters = [], sort = [] } = options;
  const given = Type.Required(Type.Object(fields)).properties;
  const orders = ["createdAt", ...sort].flatMap((name) => [name, `-${name}`]);
  return {
    sort: Type.Optional(Type.Enum(orders)),
    ...Object.fromEntries(filters.map((name) => [name, Type.Optional(given[name] as TSchema)])),
  };
}

function changesOf(fields: TProperties): TProperties {
  const given = Type.Required(Type.Object(fields)).properties as TProperties;
  return Object.fromEntries(
    Object.entries(given).map(([name, schema]) => [
      name,
      Type.Optional(Type.IsOptional(fields[name]) ? Type.Union([schema, Type.Null()]) : schema),
    ]),
  );
}

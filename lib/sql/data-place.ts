import { databaseUrl, withSessionOptions } from "./connection.ts";

/** `schemas`: one database in which each service has a schema; `databases`: a database for each service. */
export type DatabaseLayout = "schemas" | "databases";

/** Where one service keeps its data. */
export interface DataPlace {
  /** URL of the database. */
  database: string;
  /** The schema that is the service's own; absent: the whole database is. */
  schema?: string;
  /** The role under which the service works in its schema, so that it cannot reach others; absent: the URL's own user. */
  role?: string;
}

/** Where the services of a shop keep their data. */
export interface DataPlaces {
  /** URL of the Postgres server. */
  server: string;
  namespace: string;
  layout: DatabaseLayout;
  /** Services whose data are elsewhere, in a database of their own. */
  databaseUrls?: Readonly<Record<string, string>>;
}

const SHARED_PATH = "public"; // where extensions are, which a database can have only once

export function placeOf(service: string, { server, namespace, layout, databaseUrls = {} }: DataPlaces): DataPlace {
  const own = databaseUrls[service];
  if (own !== undefined) return { database: own };
  if (layout === "databases") return { database: databaseUrl(server, `${prefixOf(namespace)}_${service}`) };
  const role = `${prefixOf(namespace)}_${service}`;
  return { database: sharedDatabase(server, namespace), schema: service, role };
}

/** URL of the database in which the services of a namespace have their schemas. */
export function sharedDatabase(server: string, namespace: string): string {
  return databaseUrl(server, prefixOf(namespace));
}

/** What the names of databases and roles of a namespace begin with. */
export function prefixOf(namespace: string): string {
  return namespace.replaceAll("-", "_");
}

/** The URL for sessions in which names without a schema are those of the service. */
export function sessionUrl({ database, schema, role }: DataPlace, options = ""): string {
  const own = [
    ...(schema === undefined ? [] : [`-c search_path="${schema}",${SHARED_PATH}`]),
    ...(role === undefined ? [] : [`-c role=${role}`]),
    ...(options === "" ? [] : [options]),
  ];
  return own.length === 0 ? database : withSessionOptions(database, own.join(" "));
}

/** A name of the place that no other place of the server has. */
export function nameOf({ database, schema }: DataPlace): string {
  const name = new URL(database).pathname.slice(1);
  return schema === undefined ? name : `${name}_${schema}`;
}

import pg from "pg";
import type { Env } from "#config/env.ts";
import { limits } from "#config/limits.ts";
import { type DataPlace, placeOf, sessionUrl } from "#lib/sql/data-place.ts";
import { decideLayout, existingData } from "#lib/sql/existing-data.ts";
import type { Queryable } from "#lib/sql/transaction.ts";

type Settings = Pick<Env, "DATABASE_LAYOUT" | "NAMESPACE" | "databaseUrls">;

/** Works in the data of one service, with the rights of the URL's own user, on one connection. */
export async function withDatabase<T>(
  { database, schema }: DataPlace,
  work: (db: Queryable) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    connectionString: sessionUrl(schema === undefined ? { database } : { database, schema }),
    connectionTimeoutMillis: limits.CONNECT_TIMEOUT_MS,
  });
  await client.connect();
  try {
    return await work({
      query: async <R extends object>(text: string, values: readonly unknown[] = []) =>
        (await client.query(text, [...values])).rows as R[],
    });
  } finally {
    await client.end();
  }
}

/** The data on this server of the services of this namespace, without those that have a variable of their own. */
export async function placesOn(server: string, settings: Settings): Promise<Map<string, DataPlace>> {
  const { DATABASE_LAYOUT, NAMESPACE: namespace, databaseUrls } = settings;
  const existing = await existingData(server, namespace);
  const layout = decideLayout(DATABASE_LAYOUT, existing);
  const services = existing[layout].filter((service) => databaseUrls[service] === undefined);
  return new Map(services.map((service) => [service, placeOf(service, { server, namespace, layout })]));
}

import pg from "pg";
import { limits } from "#config/limits.ts";
import { StartupError } from "#lib/startup-error.ts";
import { databaseUrl } from "./connection.ts";
import { type DatabaseLayout, prefixOf, sharedDatabase } from "./data-place.ts";

/** The services of a namespace that have data on a server, by the way in which they are laid out. */
export type ExistingData = Readonly<Record<DatabaseLayout, readonly string[]>>;

/** @throws Error when the server cannot be reached */
export async function existingData(server: string, namespace: string): Promise<ExistingData> {
  const prefix = prefixOf(namespace);
  const names = await rowsOf<{ name: string }>(
    server,
    `SELECT datname AS name FROM pg_database WHERE datname = $1 OR starts_with(datname, $1 || '_') ORDER BY datname`,
    [prefix],
  );
  // No service has an underscore in its name; a namespace that begins like this one has.
  const candidates = names.flatMap(({ name }) => {
    const service = name.slice(prefix.length + 1);
    return service === "" || service.includes("_") ? [] : [service];
  });
  // The database of another namespace may have such a name, too. It has no tables outside of schemas.
  const databases = await Promise.all(
    candidates.map(async (service) =>
      (await schemasOf(databaseUrl(server, `${prefix}_${service}`))).includes("public") ? [service] : [],
    ),
  );
  const shared = names.some(({ name }) => name === prefix);
  const schemas = shared ? await schemasOf(sharedDatabase(server, namespace)) : [];
  return { databases: databases.flat(), schemas: schemas.filter((schema) => schema !== "public") };
}

/**
 * Decides how the data of a shop are laid out. A shop that has data keeps its layout, because with another one it would
 * begin again without any.
 * @param wanted by the setting, if it is set
 * @throws StartupError when the data that exist contradict the setting, or need it
 */
export function decideLayout(wanted: DatabaseLayout | undefined, existing: ExistingData): DatabaseLayout {
  const { databases, schemas } = existing;
  const found: readonly DatabaseLayout[] = [
    ...(databases.length > 0 ? (["databases"] as const) : []),
    ...(schemas.length > 0 ? (["schemas"] as const) : []),
  ];
  const [first, second] = found;
  if (second !== undefined && wanted === undefined) {
    throw new StartupError(
      "The server has data in databases and in schemas of services: set DATABASE_LAYOUT to databases or to schemas.",
    );
  }
  if (wanted !== undefined && first !== undefined && !found.includes(wanted)) {
    const [service] = existing[first];
    throw new StartupError(
      `DATABASE_LAYOUT is ${wanted}, but the data are in ${first}, such as that of ${service}: set DATABASE_LAYOUT to ${first}.`,
    );
  }
  return wanted ?? first ?? "schemas";
}

/** The schemas of a database that have the tables of a service. */
async function schemasOf(url: string): Promise<string[]> {
  const rows = await rowsOf<{ schema: string }>(
    url,
    "SELECT schemaname AS schema FROM pg_tables WHERE tablename = 'outbox' ORDER BY schemaname",
  );
  return rows.map(({ schema }) => schema);
}

async function rowsOf<Row extends object>(url: string, text: string, values: readonly unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: limits.CONNECT_TIMEOUT_MS });
  client.on("error", () => {}); // the statement fails as well
  try {
    await client.connect();
    return (await client.query<Row>(text, [...values])).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

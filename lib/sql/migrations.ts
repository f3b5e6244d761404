import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { Umzug, type UmzugStorage } from "umzug";
import { limits } from "#config/limits.ts";
import { sqlState } from "#lib/sql/sql-state.ts";

const BACKBONE = join(import.meta.dirname, "migrations");
const MIGRATION_LOCK = 0x7261_6465; // any constant: the lock lives in the service's own database
const DUPLICATE_DATABASE = "42P04";
const NO_DATABASE = "3D000";

/**
 * Makes a service's database if it is missing and brings its schema up to date: the backbone's tables, then the
 * service's own. Many nodes may do so at once; one does the work, the others wait for it.
 * @param url of the service's database
 * @param folder of the service's `NNN-name.sql` files
 */
export async function migrate(url: string, folder: string): Promise<void> {
  const client = await connectOrCreate(url);
  try {
    await client.query(`SET lock_timeout = ${limits.MIGRATION_LOCK_MS}`);
    await client.query("SELECT pg_advisory_lock($1)", [MIGRATION_LOCK]);
    for (const source of [BACKBONE, folder]) await runFolder(client, source);
  } finally {
    await client.end();
  }
}

async function connectOrCreate(url: string): Promise<pg.Client> {
  try {
    return await connect(url);
  } catch (error) {
    if (sqlState(error) !== NO_DATABASE) throw error;
  }
  const name = decodeURIComponent(new URL(url).pathname.slice(1));
  const server = new URL(url);
  server.pathname = "/postgres";
  const admin = await connect(server.href);
  try {
    await admin.query(`CREATE DATABASE ${admin.escapeIdentifier(name)} TEMPLATE template0`);
  } catch (error) {
    // Another node was faster; Postgres says so by either code, depending on how close the race was.
    if (![DUPLICATE_DATABASE, "23505"].includes(sqlState(error) ?? "")) throw error;
  } finally {
    await admin.end();
  }
  return connect(url);
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: limits.CONNECT_TIMEOUT_MS });
  client.on("error", () => {}); // the statement under way fails as well; unheard, it would end the process
  await client.connect();
  return client;
}

async function runFolder(client: pg.Client, folder: string): Promise<void> {
  const umzug = new Umzug({
    migrations: {
      glob: ["*.sql", { cwd: folder }],
      resolve: ({ name: file, path }) => {
        const name = `${folder === BACKBONE ? "backbone/" : ""}${file}`;
        return {
          name,
          // A file applies whole and is remembered, or not at all: a process may be killed at any moment.
          up: async () => {
            const text = await readFile(String(path), "utf8");
            await client.query("BEGIN");
            try {
              await client.query(text);
              await client.query("INSERT INTO migration (name) VALUES ($1)", [name]);
              await client.query("COMMIT");
            } catch (error) {
              await client.query("ROLLBACK").catch(() => undefined);
              throw error;
            }
          },
        };
      },
    },
    storage: new TableStorage(client),
    logger: undefined,
  });
  await umzug.up();
}

/** Reads from the database itself which migrations ran; each writes so in its own transaction. */
class TableStorage implements UmzugStorage {
  readonly #client: pg.Client;

  constructor(client: pg.Client) {
    this.#client = client;
  }

  async logMigration(): Promise<void> {}

  async unlogMigration({ name }: { name: string }): Promise<void> {
    await this.#client.query("DELETE FROM migration WHERE name = $1", [name]);
  }

  async executed(): Promise<string[]> {
    await this.#client.query(
      "CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, ran_at timestamptz NOT NULL DEFAULT now())",
    );
    const { rows } = await this.#client.query<{ name: string }>("SELECT name FROM migration ORDER BY name");
    return rows.map((row) => row.name);
  }
}

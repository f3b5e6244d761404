import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import pg from "pg";
import { limits } from "#config/limits.ts";
import { sqlState } from "#lib/sql/sql-state.ts";
import { StartupError } from "#lib/startup-error.ts";
import type { DataPlace } from "./data-place.ts";

const BACKBONE = join(import.meta.dirname, "migrations");
const MIGRATION_LOCK = 0x7261_6465; // of the whole database, because schemas and roles are made under it, too
const DUPLICATE_DATABASE = "42P04";
const NO_DATABASE = "3D000";

/**
 * Makes the database, the schema and the role of a service if they are missing, and brings its tables up to date: first
 * those of the platform, then its own. Many nodes may do so at the same time: one does the work, the others wait for it.
 * @param folder of the service's `NNN-name.sql` files, which run once each, in order
 * @param options `platform: false` for a database that is not a service's: it has none of the platform's tables
 * @returns the place of the data; without the role where the user of the URL may not make it
 * @throws StartupError when a file was changed after it ran there
 */
export function migrate(place: DataPlace, folder: string, { platform = true } = {}): Promise<DataPlace> {
  return new Migrator().migrate(place, folder, { platform });
}

interface Request {
  place: DataPlace;
  folders: readonly string[];
  done(place: DataPlace): void;
  failed(error: unknown): void;
}

/** Migrates as `migrate` does. The services of a database that ask in the same turn share one connection. */
export class Migrator {
  readonly #requests = new Map<string, Request[]>();

  migrate(place: DataPlace, folder: string, { platform = true } = {}): Promise<DataPlace> {
    return new Promise((done, failed) => {
      const request = { place, folders: platform ? [BACKBONE, folder] : [folder], done, failed };
      const others = this.#requests.get(place.database);
      if (others) {
        others.push(request);
        return;
      }
      const requests = [request];
      this.#requests.set(place.database, requests);
      setImmediate(() => {
        this.#requests.delete(place.database);
        migrateAll(place.database, requests).catch((error: unknown) => {
          for (const { failed } of requests) failed(error);
        });
      });
    });
  }
}

async function migrateAll(database: string, requests: readonly Request[]): Promise<void> {
  const client = await connectOrCreate(database);
  try {
    // A power cut may undo the latest migrations together with the records of them. The commits of services wait for the
    // disk, and so for everything before them.
    await client.query(`SET lock_timeout = ${limits.MIGRATION_LOCK_MS}; SET synchronous_commit = off`);
    await client.query("SELECT pg_advisory_lock($1)", [MIGRATION_LOCK]);
    for (const { place, folders, done, failed } of requests) {
      await migrateOne(client, place, folders).then(done, failed);
    }
  } finally {
    await client.end();
  }
}

async function migrateOne(client: pg.Client, place: DataPlace, folders: readonly string[]): Promise<DataPlace> {
  await client.query("RESET ROLE; RESET search_path");
  const made = await makeSchema(client, place);
  await enter(client, made);
  await makeTable(client);
  for (const source of folders) await runFolder(client, source);
  return made;
}

/** Makes a schema that belongs to a role of its own, so that no other service's role can reach it. */
async function makeSchema(client: pg.Client, { role, ...place }: DataPlace): Promise<DataPlace> {
  const { schema } = place;
  if (schema === undefined) return place;
  const { rows } = await client.query<{ owner: string | null; roleExists: boolean; mayMakeRoles: boolean }>(
    `SELECT (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = $1) AS owner,
            EXISTS (SELECT FROM pg_roles WHERE rolname = $2) AS "roleExists", rolsuper OR rolcreaterole AS "mayMakeRoles"
     FROM pg_roles WHERE rolname = current_user`,
    [schema, role],
  );
  const [{ owner, roleExists, mayMakeRoles } = { owner: null, roleExists: false, mayMakeRoles: false }] = rows;
  const name = (text: string) => client.escapeIdentifier(text);
  if (role === undefined || (owner !== null && owner !== role) || (owner === null && !mayMakeRoles)) {
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${name(schema)}`);
    return place;
  }
  if (owner === null) {
    if (!roleExists) await client.query(`CREATE ROLE ${name(role)}`);
    await client.query(`GRANT ${name(role)} TO CURRENT_USER`);
    await client.query(`CREATE SCHEMA ${name(schema)} AUTHORIZATION ${name(role)}`);
    // For extensions, which a migration makes in the schema `public`.
    await client.query(`GRANT CREATE ON DATABASE ${name(client.database as string)} TO ${name(role)}`);
  }
  return { ...place, role };
}

/** From now on the session works in this place, as the sessions of the service will do. */
async function enter(client: pg.Client, { schema, role }: DataPlace): Promise<void> {
  if (schema !== undefined) await client.query(`SET search_path = ${client.escapeIdentifier(schema)}, public`);
  if (role !== undefined) await client.query(`SET ROLE ${client.escapeIdentifier(role)}`);
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
    // Another node has just made it. Which of the two codes Postgres gives depends on how close the race was.
    if (![DUPLICATE_DATABASE, "23505"].includes(sqlState(error) ?? "")) throw error;
  } finally {
    await admin.end();
  }
  return connect(url);
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: limits.CONNECT_TIMEOUT_MS });
  client.on("error", () => {}); // the current statement fails as well; without a listener the event would end this process
  await client.connect();
  return client;
}

async function makeTable(client: pg.Client): Promise<void> {
  await client.query(
    "CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, ran_at timestamptz NOT NULL DEFAULT now())",
  );
  const { rows } = await client.query(
    "SELECT 1 FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'migration' AND column_name = 'checksum'",
  );
  // Null: it ran before checksums were kept.
  if (rows.length === 0) await client.query("ALTER TABLE migration ADD COLUMN IF NOT EXISTS checksum text");
}

interface Migration {
  name: string;
  path: string;
  text: string;
}

async function runFolder(client: pg.Client, folder: string): Promise<void> {
  const { rows } = await client.query<{ name: string; checksum: string | null }>(
    "SELECT name, checksum FROM migration",
  );
  const ran = new Map(rows.map(({ name, checksum }) => [name, checksum]));
  const files = await migrationsIn(folder);
  for (const file of files) {
    const checksum = ran.get(file.name);
    if (checksum !== undefined) await checkUnchanged(client, file, checksum);
  }
  for (const file of files) if (!ran.has(file.name)) await run(client, file);
}

/** The files of a folder in the order of their names; none if there is no such folder. */
async function migrationsIn(folder: string): Promise<Migration[]> {
  const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return Promise.all(
    files
      .filter((file) => file.endsWith(".sql"))
      .sort()
      .map(async (file) => {
        const path = join(folder, file);
        const name = `${folder === BACKBONE ? "backbone/" : ""}${file}`;
        return { name, path, text: await readFile(path, "utf8") };
      }),
  );
}

/** The statements and the row that records them commit together, because a process may be killed at any moment. */
async function run(client: pg.Client, { name, path, text }: Migration): Promise<void> {
  await client.query("BEGIN");
  try {
    await client.query(text);
    await client.query("INSERT INTO migration (name, checksum) VALUES ($1, $2)", [name, checksumOf(text)]);
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    // It stays the same error, because its SQL state tells whether Postgres is only unavailable for now.
    (error as Error).message = `The migration ${relative(process.cwd(), path)} failed: ${(error as Error).message}`;
    throw error;
  }
}

/**
 * An edited migration would never run again, so databases would differ without anybody noticing.
 * @param ran the checksum of the file that ran on this database; null: it ran before checksums were kept
 * @throws StartupError when the file was changed after it ran
 */
async function checkUnchanged(client: pg.Client, { name, path, text }: Migration, ran: string | null): Promise<void> {
  const checksum = checksumOf(text);
  // From now on this file is the one that ran.
  if (ran === null) await client.query("UPDATE migration SET checksum = $2 WHERE name = $1", [name, checksum]);
  else if (ran !== checksum) {
    throw new StartupError(
      `The migration ${relative(process.cwd(), path)} was changed after it ran: restore the file, and put the change into a new migration.`,
    );
  }
}

/** Git may check a file out with other line ends. */
function checksumOf(text: string): string {
  return createHash("sha256").update(text.replaceAll("\r\n", "\n")).digest("hex");
}

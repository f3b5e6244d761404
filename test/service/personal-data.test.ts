import { globSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "@jest/globals";
import pg from "pg";
import type { Contract } from "#lib/contract/types.ts";
import { migrate } from "#lib/sql/migrations.ts";
import { platformTables } from "#lib/sql/platform-tables.ts";
import { freshDatabase } from "#test/support/databases.ts";

const SERVICES = join(import.meta.dirname, "../../services");

type Tables = ReadonlyMap<string, readonly string[]>;
type Declared = Readonly<Record<string, "none" | { columns: readonly string[]; subject?: string }>>;

/**
 * Tables that the declaration does not mention, and tables and columns that it mentions and that do not exist. A service
 * may describe a table of the platform, because only it knows what it keeps there.
 */
function differences(declared: Declared, tables: Tables, described: object = {}): string[] {
  const missing = [...tables.keys()].filter((table) => !Object.hasOwn({ ...described, ...declared }, table));
  const wrong = Object.entries(declared).flatMap(([table, personal]) => {
    const existing = tables.get(table);
    if (!existing) return [`the table ${table} does not exist`];
    if (personal === "none") return [];
    const named = [...personal.columns, ...(personal.subject === undefined ? [] : [personal.subject])];
    return named.filter((column) => !existing.includes(column)).map((column) => `${table}.${column} does not exist`);
  });
  return [...missing.map((table) => `the contract does not mention the table ${table}`), ...wrong];
}

/** All tables with their columns, after the migrations of the platform and of a service. */
async function tablesOf(service: string, folder: string): Promise<Tables> {
  const url = await freshDatabase(`personal_${service}`);
  await migrate({ database: url }, folder);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ table: string; columns: string[] }>(
      `SELECT table_name AS "table", array_agg(column_name::text) AS columns
       FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
       WHERE table_schema = 'public' AND table_type = 'BASE TABLE' GROUP BY table_name`,
    );
    return new Map(rows.map(({ table, columns }) => [table, columns]));
  } finally {
    await client.end();
  }
}

async function contractIn(folder: string): Promise<Contract> {
  const exported = Object.values((await import(pathToFileURL(join(folder, "contract.ts")).href)) as object);
  const found = exported.find((value) => typeof value === "object" && value !== null && "personalData" in value);
  if (!found) throw new Error(`${folder} has no contract.`);
  return found as Contract;
}

const migrations = globSync("*/*/migrations", { cwd: SERVICES }).sort();

test.each(migrations)("the contract beside %s declares the personal data of every table", async (path) => {
  const folder = join(SERVICES, dirname(path));
  const { name, personalData } = await contractIn(folder);
  expect(differences(personalData, await tablesOf(name, join(SERVICES, path)), platformTables)).toEqual([]);
});

test("the tables of the platform are described as they are", async () => {
  const empty = await mkdtemp(join(tmpdir(), "no-migrations-"));
  expect(differences(platformTables as Declared, await tablesOf("platform", empty))).toEqual([]);
  await rm(empty, { recursive: true });
});

test("finds tables that a contract does not mention, and names that do not exist", () => {
  const tables = new Map([
    ["customer", ["customer_id", "email"]],
    ["visit", ["at"]],
  ]);
  const declared: Declared = { customer: { columns: ["email", "phone"], subject: "owner" }, gone: "none" };
  expect(differences(declared, tables)).toEqual([
    "the contract does not mention the table visit",
    "customer.phone does not exist",
    "customer.owner does not exist",
    "the table gone does not exist",
  ]);
  expect(differences({ customer: { columns: ["email"], subject: "customer_id" }, visit: "none" }, tables)).toEqual([]);
});

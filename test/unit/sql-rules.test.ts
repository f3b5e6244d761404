import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";

const ROOT = join(import.meta.dirname, "../..");
const FOLDERS = "{services,lib,mixins}";

/** `ctid` changes with every update of a row; LISTEN and NOTIFY do not survive a connection pooler or a lost connection. */
const FORBIDDEN = /\bctid\b|\b(LISTEN|NOTIFY)\b|\bpg_notify\b/;

// The schemas of one database share advisory locks: `lockKey` puts the schema into a key, and migrations do it themselves.
const UNSCOPED_KEY = /hashtextextended\((?!coalesce\(nullif\(current_schema\(\), 'public'\) \|\| '\/', ''\) \|\|)/;
const EARLIER = "services/commerce/orders/migrations/003-checkout.sql"; // its functions were replaced

/** Lines with SQL that is not allowed, as `file:line`. */
function forbiddenLines(text: string, file: string): string[] {
  return text.split("\n").flatMap((line, i) => (FORBIDDEN.test(line) ? [`${file}:${i + 1}`] : []));
}

/** Tables that a migration makes without a primary key. */
function tablesWithoutKey(sql: string): string[] {
  const code = sql.replace(/--.*$/gm, "");
  const tables = [...code.matchAll(/CREATE TABLE (?:IF NOT EXISTS )?"?(\w+)"?([^;]*);/gi)];
  return tables.flatMap(([, table = "", body = ""]) => {
    const keyed = /PRIMARY KEY|PARTITION OF/i.test(body);
    const keyedLater = new RegExp(`ALTER TABLE (ONLY )?"?${table}"?[^;]*ADD[^;]*PRIMARY KEY`, "i").test(code);
    return keyed || keyedLater ? [] : [table];
  });
}

test("no statement uses ctid, LISTEN or NOTIFY", () => {
  const files = globSync(`${FOLDERS}/**/*.{ts,sql}`, { cwd: ROOT });
  expect(files.length).toBeGreaterThan(0);
  expect(files.flatMap((file) => forbiddenLines(readFileSync(join(ROOT, file), "utf8"), file))).toEqual([]);
});

test("no lock of a service is taken by a name that another service may use", () => {
  const files = globSync(`${FOLDERS}/**/*.{ts,sql}`, { cwd: ROOT }).filter((file) => !file.endsWith("lock-keys.ts"));
  const unscoped = files.filter((file) => UNSCOPED_KEY.test(readFileSync(join(ROOT, file), "utf8")));
  expect(unscoped).toEqual([EARLIER]);
});

test("every table of a migration has a primary key", () => {
  const files = globSync(`${FOLDERS}/**/migrations/*.sql`, { cwd: ROOT });
  expect(files.length).toBeGreaterThan(0);
  const missing = files.flatMap((file) =>
    tablesWithoutKey(readFileSync(join(ROOT, file), "utf8")).map((table) => `${file}: ${table}`),
  );
  expect(missing).toEqual([]);
});

test("the rules find what they forbid", () => {
  expect(forbiddenLines("SELECT 1\nDELETE FROM a WHERE ctid = $1", "a.ts")).toEqual(["a.ts:2"]);
  expect(forbiddenLines("await db.query('LISTEN news')", "a.ts")).toEqual(["a.ts:1"]);
  expect(forbiddenLines("const listener = notify(rejectid);", "a.ts")).toEqual([]);
  const sql =
    "CREATE TABLE a (b text); -- PRIMARY KEY\nCREATE TABLE c (b text PRIMARY KEY);\nCREATE TABLE d (b int);\nALTER TABLE d ADD PRIMARY KEY (b);";
  expect(tablesWithoutKey(sql)).toEqual(["a"]);
});

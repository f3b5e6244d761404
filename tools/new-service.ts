// npm run new:service -- product/guides
// Writes the smallest service that runs: five files that keep items of a customer in one table, with a test that passes.
// docs/adding-a-service.md says how to go on from there.
import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { loadContracts } from "#lib/contract/contract-registry.ts";
import { defineIds } from "#lib/contract/ids.ts";
import { platformTables } from "#lib/sql/platform-tables.ts";
import { StartupError } from "#lib/startup-error.ts";
import { assertNotReserved, namesOf, type ServiceNames } from "./new-service/names.ts";
import { filesOf } from "./new-service/templates.ts";

const ROOT = join(import.meta.dirname, "..");

/** @throws StartupError when a service has the name, the kind of id, the table or the route */
async function assertFree(names: ServiceNames): Promise<void> {
  const { service, item, table } = names;
  const [existing] = [
    ...globSync(`services/*/${service}`, { cwd: ROOT }),
    ...globSync(`test/service/${service}`, { cwd: ROOT }),
  ];
  if (existing) throw new StartupError(`${existing} exists already. Choose another name.`);
  assertNotReserved(names);
  if (Object.hasOwn(platformTables, table))
    throw new StartupError(`The table ${table} exists in every service's database. Choose another name.`);
  loadContracts();
  try {
    defineIds({ [item]: table });
  } catch {
    throw new StartupError(`Another service has ids of the kind ${item}. Choose another name.`);
  }
  for (const file of globSync("services/*/*/contract.ts", { cwd: ROOT })) {
    if ((await readFile(join(ROOT, file), "utf8")).includes(`/customers/:customerId/${service}"`))
      throw new StartupError(`${dirname(file)} has the route /customers/:customerId/${service}. Choose another name.`);
  }
}

/** Line breaks depend on the length of the name, so the project's own formatter has the last word. */
async function format(paths: readonly string[]): Promise<void> {
  await promisify(execFile)(join(ROOT, "node_modules/.bin/biome"), ["check", "--write", ...paths], { cwd: ROOT });
}

try {
  const names = namesOf(process.argv.slice(2));
  await assertFree(names);
  const files = filesOf(names);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(ROOT, path)), { recursive: true });
    await writeFile(join(ROOT, path), text, { flag: "wx" });
  }
  const paths = Object.keys(files);
  await format(paths.filter((path) => path.endsWith(".ts")));
  process.stdout.write(
    [
      `The service ${names.service} is ready:`,
      ...paths.map((path) => `  ${path}`),
      "Next:",
      `  npm test -- ${names.service}     tests it`,
      `  npm start     then GET /api/v1/customers/<customerId>/${names.service}`,
      "  docs/adding-a-service.md says how to add rules, events and jobs.",
      "",
    ].join("\n"),
  );
} catch (error) {
  if (!(error instanceof StartupError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

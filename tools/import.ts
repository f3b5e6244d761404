// npm run import -- FILE: imports a file of products through the shop's public API. See tools/import/options.ts.
import { createReadStream, existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createGunzip, gunzipSync } from "node:zlib";
import { stringify } from "csv-stringify/sync";
import { chunks } from "#lib/chunks.ts";
import { definitions, HEADER, icecatProducts, rowOf, sets } from "./import/icecat.ts";
import { type Options, parseOptions, USAGE } from "./import/options.ts";
import { type Outcome, Shop } from "./import/shop.ts";
import { UsageError } from "./replay/options.ts";

const ROWS_AT_ONCE = 500;
const ERRORS_SHOWN = 20;

async function main(options: Options): Promise<number> {
  const { file, url, create, currency } = options;
  if (!existsSync(file)) throw new UsageError(`there is no file ${file}`);
  const isIcecat = /\.json(\.gz)?$/.test(file);
  const shop = await timed("signed in", () => Shop.signIn(url, options.staffEmail, options.staffPassword));
  if (isIcecat) await timed("attributes and sets", () => define(shop));
  const content = isIcecat ? icecatFile(file) : csvFile(file);
  const query = { create: create ?? (isIcecat ? "brands,categories" : undefined), currency };
  const importId = await timed("converted and sent", () => shop.upload(content, query));
  const outcome = await timed("imported", () => shop.follow(importId, showStep));
  return report(outcome);
}

/** Attributes first, then sets, of which one extends another. */
async function define(shop: Shop): Promise<void> {
  await Promise.all(definitions().map((definition) => shop.add("/attributes", definition)));
  for (const set of sets()) await shop.add("/attribute-sets", set);
}

async function* csvFile(file: string): AsyncGenerator<Uint8Array> {
  const source = createReadStream(file);
  yield* file.endsWith(".gz") ? source.pipe(createGunzip()) : source;
}

async function* icecatFile(file: string): AsyncGenerator<Uint8Array> {
  const bytes = await readFile(file);
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  yield Buffer.from(stringify([HEADER]));
  for (const some of chunks(icecatProducts(JSON.parse(text)), ROWS_AT_ONCE))
    yield Buffer.from(stringify(some.map(rowOf), { quoted_match: /[\r\n]/ }));
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await work();
  console.log(`${((performance.now() - began) / 1_000).toFixed(1).padStart(6)} s  ${what}`);
  return result;
}

function showStep({ percent, rows }: { percent: number; rows: number }): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${percent} %, ${rows} rows `);
}

function report({ status, rows, done, failed, problem, errors }: Outcome): number {
  console.log(`${rows} rows: ${done} imported, ${failed} refused`);
  for (const { row, message } of errors.slice(0, ERRORS_SHOWN)) console.error(`row ${row}: ${message}`);
  if (errors.length > ERRORS_SHOWN) console.error("GET /imports/{importId} has more.");
  if (problem !== undefined) console.error(problem);
  return status === "finished" && failed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  console.error(`import: ${error instanceof Error ? error.message : error}`);
  if (error instanceof UsageError) console.error(`\n${USAGE}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

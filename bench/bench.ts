/** `npm run bench`: how fast the shop is, beside what this machine could do at most. See README.md beside this file. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { platform } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "#lib/dev-postgres/embedded-postgres.ts";
import { catalogueTable, measureCatalogue } from "./catalogue.ts";
import { benchCluster, clusterTables } from "./cluster.ts";
import { type Figure, figureOf, figuresTable, markdownTable } from "./figures.ts";
import { Inspector } from "./inspector.ts";
import { commit, machine } from "./machine.ts";
import { type Measure, measuresOf, type Workers } from "./measures.ts";
import { type Options, parseOptions, USAGE, UsageError } from "./options.ts";
import { COUNTABLE, costTable, countCosts, doNotCountYet, type OrderCost } from "./order-cost.ts";
import { type Goods, prepare } from "./prepare.ts";
import { type HotFunction, hottest } from "./profile.ts";
import { type RunningShop, startShop } from "./shop-process.ts";
import { type LongStream, longStreamTable, measureLongStream } from "./stream-memory.ts";
import type { Window } from "./window.ts";
import { Worker } from "./worker.ts";

const ROOT = join(import.meta.dirname, "..");
const RESULTS = join(import.meta.dirname, "results");
/** Before the first window, in seconds: compiling, connecting and filling caches is not what is measured. */
const WARM_UP_SECONDS = 2;
/** Between a window of the shop and its limit, in milliseconds, for what orders leave to be done after their answer. */
const SETTLE_MS = 2_000;
const HOT_FUNCTIONS = 10;
/** A request with a million prices, which is measured with the other price streams. */
const LONG_STREAM = "price stream, a million";
/** Measures that are profiled, by the beginning of their name and their clients. */
const PROFILED: readonly [string, number][] = [
  ["orders", 8],
  ["product list", 16],
];

/** Clients with which the costs of an order are counted. */
const COUNTED_CLIENTS = [1, 32];
const NAMESPACE = process.env.NAMESPACE ?? "tradepost";

interface Profile {
  during: string;
  functions: HotFunction[];
}

/** A measure that could not be taken, and why. */
interface Miss {
  name: string;
  clients: number;
  error: string;
}

async function main(options: Options): Promise<number> {
  // Beside the shop's own data folder, not in the system's: that may be memory, where commits cost nothing.
  const dataDir = await mkdtemp(join(ROOT, ".data-bench-"));
  let shop: RunningShop | undefined;
  let postgres: EmbeddedPostgres | undefined;
  const workers: Workers = {
    load: new Worker("load.ts"),
    bareHttp: new Worker("bare-http.ts"),
    barePostgres: new Worker("bare-postgres.ts", [join(dataDir, "limit")]),
    postings: new Worker("postings.ts", [join(dataDir, "postings")]),
    promotions: new Worker("promotions.ts", [join(dataDir, "promotions")]),
    stream: new Worker("stream-load.ts"),
    deals: new Worker("deals.ts", [join(dataDir, "deals")]),
  };
  const close = async (): Promise<void> => {
    await Promise.all([shop?.stop(), ...Object.values(workers).map((worker) => worker.stop())]);
    await postgres?.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void close().then(() => process.exit(1)));
  try {
    if (options.cluster) {
      const measured = await benchCluster(dataDir, workers.load, options, tell);
      await write(clusterTables(measured), {
        setup: { seconds: options.seconds, windows: options.windows },
        ...measured,
      });
      return 0;
    }
    if (options.url === undefined) {
      tell("starting a shop");
      postgres = await ownPostgres(join(dataDir, "server"));
      shop = await startShop(join(dataDir, "shop"), { inspect: options.profile, databaseUrl: postgres?.url });
    }
    const url = options.url ?? shop?.url ?? "";
    if (options.products !== undefined) return await catalogue(options, options.products, url, workers.load);
    tell("preparing products, stock and customers");
    const goods = await prepare(url, options.staffEmail, options.staffPassword);
    const all = measuresOf(url, goods, workers);
    const measures = all.filter(({ name }) => name.includes(options.only ?? ""));
    const { figures, misses } = await takeAll(measures, options);
    const longStream = await takeLongStream(shop, { goods, ...workers }, options).catch((error: unknown) => {
      misses.push(missOf({ name: LONG_STREAM, clients: 1 }, error));
      return undefined;
    });
    const costs = shop && postgres ? await countAll(measures, goods, shop, postgres, options) : [];
    const profiles = shop && options.profile ? await profileAll(measures, shop, options) : [];
    await report(options, { figures, misses, longStream, costs, profiles });
    return misses.length === 0 ? 0 : 1;
  } finally {
    await close();
  }
}

async function catalogue(options: Options, products: number, url: string, load: Workers["load"]): Promise<number> {
  const searching: Workers["load"] = new Worker("load.ts");
  try {
    const figures = await measureCatalogue({ ...options, products, url, load, searching, tell });
    await write(catalogueTable(figures), { setup: { seconds: options.seconds }, ...figures });
    return 0;
  } finally {
    await searching.stop();
  }
}

/** The server that `npm start` would run, but able to count statements; undefined where the shop uses another one. */
async function ownPostgres(dataDir: string): Promise<EmbeddedPostgres | undefined> {
  if (process.env.DATABASE_URL) return undefined;
  const postgres = await startEmbeddedPostgres({ dataDir, log: () => {}, settings: COUNTABLE });
  await doNotCountYet(postgres.url);
  return postgres;
}

/** After all windows: counting makes each statement a little slower. */
async function countAll(
  measures: readonly Measure[],
  goods: Goods,
  { pid }: RunningShop,
  { url }: EmbeddedPostgres,
  { seconds }: Options,
): Promise<OrderCost[]> {
  if (pid === undefined || platform() !== "linux" || process.env.DATABASE_LAYOUT === "databases") return [];
  const counted = measures.filter(
    ({ name, clients }) => name.startsWith("orders") && COUNTED_CLIENTS.includes(clients),
  );
  tell("counting what an order costs");
  if (counted.length > 0) await goods.restorePrices();
  return countCosts({ databaseUrl: url, namespace: NAMESPACE, pid }, counted, seconds);
}

async function takeAll(measures: readonly Measure[], options: Options): Promise<{ figures: Figure[]; misses: Miss[] }> {
  const figures: Figure[] = [];
  const misses: Miss[] = [];
  for (const measure of measures) {
    tell(`${measure.name}; clients: ${measure.clients}`);
    try {
      figures.push(await take(measure, options));
    } catch (error) {
      misses.push(missOf(measure, error));
    }
  }
  return { figures, misses };
}

function missOf({ name, clients }: { name: string; clients: number }, error: unknown): Miss {
  const miss = { name, clients, error: error instanceof Error ? error.message : String(error) };
  tell(`  not measured: ${miss.error}`);
  return miss;
}

/** Windows of the shop and of the limit in turns, so that whatever else the machine does meets both. */
async function take(measure: Measure, { seconds, windows }: Options): Promise<Figure> {
  const shopWindows: Window[] = [];
  const limitWindows: Window[] = [];
  await measure.shop(WARM_UP_SECONDS);
  await measure.limit(WARM_UP_SECONDS);
  for (let window = 0; window < windows; window += 1) {
    shopWindows.push(await measure.shop(seconds));
    await sleep(SETTLE_MS);
    limitWindows.push(await measure.limit(seconds));
  }
  const { name, unit, clients, limitName } = measure;
  return figureOf({ name, unit, clients, limit: limitName }, shopWindows, limitWindows);
}

/** Windows of their own, after all others: a process that is profiled is slower. */
async function profileAll(measures: readonly Measure[], shop: RunningShop, { seconds }: Options): Promise<Profile[]> {
  const inspector = await Inspector.ofShop(shop.inspectors);
  const profiles: Profile[] = [];
  // Links are resolved in the profile's file names, and so they are in this module's own.
  const root = `${pathToFileURL(ROOT).href}/`;
  for (const [beginning, clients] of PROFILED) {
    const measure = measures.find(({ name, clients: of }) => name.startsWith(beginning) && of === clients);
    if (measure === undefined) continue;
    tell(`profiling ${measure.name}`);
    const profile = await inspector.profile(() => measure.shop(seconds));
    profiles.push({ during: `${measure.name}; clients: ${clients}`, functions: hottest(profile, HOT_FUNCTIONS, root) });
    await sleep(SETTLE_MS);
  }
  inspector.close();
  return profiles;
}

/** Only on Linux, which tells the memory. */
async function takeLongStream(
  shop: RunningShop | undefined,
  { goods, stream }: { goods: Goods; stream: Workers["stream"] },
  { only = "" }: Options,
): Promise<LongStream | undefined> {
  if (shop?.pid === undefined || platform() !== "linux" || !LONG_STREAM.includes(only)) return undefined;
  tell("a million prices in one request");
  return measureLongStream({ url: shop.url, pid: shop.pid, goods, stream });
}

interface Report {
  figures: Figure[];
  misses: Miss[];
  longStream: LongStream | undefined;
  costs: OrderCost[];
  profiles: Profile[];
}

async function report(options: Options, { figures, misses, longStream, costs, profiles }: Report): Promise<void> {
  const { seconds, windows } = options;
  const setup = { seconds, windows, shop: options.url === undefined ? "npm start" : "as it ran" };
  const counted = costs.map(({ services, ...cost }) => ({ ...cost, services: Object.fromEntries(services) }));
  const text = [
    figuresTable(figures),
    ...misses.map(({ name, clients, error }) => `Not measured: ${name}; clients: ${clients}: ${error}`),
    ...(longStream ? [longStreamTable(longStream)] : []),
    ...costs.map((cost) => `One of ${cost.name}; clients: ${cost.clients}:\n\n${costTable(cost)}`),
    ...profiles.map(({ during, functions }) => {
      const rows = functions.map(({ name, where, selfPercent }) => [name, where, selfPercent]);
      return `Self time during ${during}:\n\n${markdownTable(["function", "where", "% of busy time"], rows)}`;
    }),
  ].join("\n\n");
  await write(text, { setup, figures, misses, longStream, costs: counted, profiles });
}

/** Prints a table, and keeps it and everything else of the run in `results`. */
async function write(text: string, measured: object): Promise<void> {
  const date = new Date().toISOString();
  const result = { date, commit: commit(), machine: machine(), ...measured };
  console.log(text);
  await mkdir(RESULTS, { recursive: true });
  const file = join(RESULTS, date.slice(0, 19).replaceAll(":", "-"));
  await writeFile(`${file}.json`, `${JSON.stringify(result, null, 2)}\n`);
  await writeFile(`${file}.md`, `${text}\n`);
}

function tell(line: string): void {
  console.error(line);
}

try {
  process.exitCode = await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  console.error(error instanceof UsageError ? `${message}\n\n${USAGE}` : `bench: ${message}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

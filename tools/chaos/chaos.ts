// npm run chaos [-- --seed 42] [--only F3,F7] [--dose short|full]
// Starts the shop as a cluster under load, injects one fault after the other, and checks after each that no order was
// lost, no customer charged twice and nothing oversold.
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Journal } from "#tools/verify/journal.ts";
import { Cluster } from "./cluster.ts";
import { type Check, check, type Fault, UnsupportedHere } from "./fault.ts";
import { faults } from "./faults/all.ts";
import { invariants } from "./invariants.ts";
import { Load } from "./load.ts";
import { type Options, parseOptions } from "./options.ts";
import { untilIdle } from "./quiet.ts";
import { Random } from "./random.ts";
import type { Sample } from "./shoppers.ts";
import { type Row, table } from "./table.ts";

const SHOPPERS = { short: 6, full: 12 };
const FINAL_SECONDS = 60;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function runFault(fault: Fault, options: Options, cluster: Cluster, load: Load, journal: Journal): Promise<Row> {
  const began = performance.now();
  const seconds = () => ((performance.now() - began) / 1_000).toFixed(1);
  say(`\n${fault.name}  ${fault.title}`);
  const random = new Random(`${options.seed} ${fault.name}`);
  const note = (line: string) => say(`  ${seconds().padStart(6)} s  ${line}`);
  const checks: Check[] = [];
  try {
    await load.refresh();
    const scene = { cluster, load, random, dose: options.dose, note };
    checks.push(...(await fault.run(scene)), felt(load.since(began)));
    checks.push(...(await afterwards(fault, cluster, journal)), ...((await fault.afterwards?.(scene)) ?? []));
  } catch (error) {
    if (error instanceof UnsupportedHere) return { fault, seconds: seconds(), notHere: error.message, checks };
    checks.push(check(false, error instanceof Error ? (error.stack ?? error.message) : String(error)));
  } finally {
    await load.stop();
    await heal(cluster);
  }
  for (const { holds, what } of checks) say(`  ${holds ? "ok    " : "BROKEN"}  ${what}`);
  return { fault, seconds: seconds(), checks };
}

/** How many requests were served, as clients saw it. */
function felt(samples: readonly Sample[]): Check {
  const count = (matches: (status: number) => boolean) => samples.filter(({ status }) => matches(status)).length;
  const served = count((status) => status >= 200 && status < 300);
  const away = count((status) => status === 0 || status >= 500);
  return check(
    served > 0 || samples.length === 0,
    `${served} of ${samples.length} requests served, ${away} had to be sent again`,
  );
}

/** Starts everything that the fault has stopped, with the usual settings. */
async function heal(cluster: Cluster): Promise<void> {
  await Promise.all([cluster.postgres.start(), cluster.nats.start(), cluster.redis.start()]);
  await Promise.all(cluster.nodes.map((node) => node.start()));
}

/** What must hold after every fault. */
async function afterwards(fault: Fault, cluster: Cluster, journal: Journal): Promise<Check[]> {
  await heal(cluster);
  const within = fault.finalWithinSeconds ?? FINAL_SECONDS;
  const final = await untilIdle(cluster, within * 1_000);
  return [check(true, `every order final ${final} s after the fault`), ...(await invariants(cluster, journal))];
}

async function run(options: Options): Promise<boolean> {
  const chosen = faults.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
  if (chosen.length === 0) throw new Error(`There is no fault ${options.only.join(", ")}.`);
  say(`seed ${options.seed}, ${options.dose} dose: repeat with --seed ${options.seed}`);
  const dir = await mkdtemp(join(tmpdir(), "tradepost-chaos-"));
  const journal = new Journal(join(dir, "journal.jsonl"));
  const began = performance.now();
  const cluster = await Cluster.start(dir);
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void cluster.stop({ keepLogs: true }).finally(() => process.exit(130)));
  const rows: Row[] = [];
  try {
    const load = new Load(cluster, journal, options.seed);
    await load.prepare(SHOPPERS[options.dose]);
    say(
      `${cluster.nodes.length} nodes are up, ${load.shoppers.length} shoppers registered (${Math.round((performance.now() - began) / 1_000)} s)`,
    );
    for (const fault of chosen) rows.push(await runFault(fault, options, cluster, load, journal));
  } finally {
    await journal.close();
    await cluster.stop({ keepLogs: rows.length < chosen.length || rows.some(isBroken) });
  }
  say(`\n${table(rows, options, (performance.now() - began) / 1_000)}`);
  return !rows.some(isBroken);
}

function isBroken({ checks }: Row): boolean {
  return checks.some(({ holds }) => !holds);
}

try {
  process.exit((await run(parseOptions(process.argv.slice(2)))) ? 0 : 1);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(2);
}

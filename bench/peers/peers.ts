/** `npm run bench:peers`: the same purchase in this shop and in others, in turns. See README.md beside this file. */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { commit, machine } from "#bench/machine.ts";
import { UsageError } from "#bench/options.ts";
import { Worker } from "#bench/worker.ts";
import { cpuMsBelow, processTimes } from "./cpu.ts";
import { dbos } from "./dbos.ts";
import type { PeerJob, PeerWindow } from "./load.ts";
import { medusa } from "./medusa.ts";
import { type PeerOptions, parsePeerOptions, USAGE } from "./options.ts";
import { type CountedWindow, type PeerMiss, type PeerResults, peerFigure, type SystemResult } from "./results.ts";
import { showMeasured } from "./show-files.ts";
import { fullTable } from "./summary.ts";
import type { RunningSystem, System } from "./system.ts";
import { tradepost } from "./tradepost.ts";
import { vendure } from "./vendure.ts";

const ROOT = join(import.meta.dirname, "../..");
const SYSTEMS: readonly System[] = [tradepost, vendure, medusa, dbos];
/** Before the first window, in seconds: compiling, connecting and filling caches is not what is measured. */
const WARM_UP_SECONDS = 5;
const WARM_UP_CLIENTS = 8;
/** After a window, in milliseconds, for what orders leave to be done after their answer; its CPU is theirs. */
const SETTLE_MS = 2_000;

/** A system in the run: what has been measured of it so far. */
interface Contender {
  system: System;
  version: string;
  running?: RunningSystem;
  windows: Map<number, CountedWindow[]>;
  misses: PeerMiss[];
}

async function main(options: PeerOptions): Promise<number> {
  const data = await mkdtemp(join(ROOT, ".data-bench-peers-")); // on a disk: where commits cost something
  const contenders: Contender[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(contenders.map(({ running }) => running?.stop()));
    await rm(data, { recursive: true, force: true });
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void close().then(() => process.exit(1)));
  try {
    for (const system of SYSTEMS.filter(({ name }) => options.systems.includes(name))) {
      contenders.push(
        await enter(system, { installed: join(options.folder, system.name), data: join(data, system.name) }, options),
      );
    }
    for (let window = 0; window < options.windows; window += 1) {
      for (const clients of options.clients) {
        for (const contender of contenders) await take(contender, clients, options.seconds);
      }
    }
    const results = resultsOf(contenders, options);
    console.log(fullTable(results));
    if (options.write) await showMeasured(results);
    return results.systems.every(({ misses }) => misses.length === 0) ? 0 : 1;
  } finally {
    await close();
  }
}

/** Starts a system and warms it up. One that does not work is missed by all windows, and the others go on. */
async function enter(
  system: System,
  places: { installed: string; data: string },
  options: PeerOptions,
): Promise<Contender> {
  const contender: Contender = { system, version: await system.version(), windows: new Map(), misses: [] };
  tell(`${system.title}: installing, starting and filling it`);
  try {
    contender.running = await system.start(places);
    await load(contender.running, WARM_UP_CLIENTS, WARM_UP_SECONDS);
  } catch (error) {
    const message = messageOf(error);
    tell(`  not measured: ${message}`);
    contender.misses = options.clients.map((clients) => ({ clients, error: message }));
  }
  return contender;
}

async function take({ system, running, windows, misses }: Contender, clients: number, seconds: number): Promise<void> {
  if (running === undefined || misses.some((miss) => miss.clients === clients)) return;
  const used = (): { application: number; postgres: number } => {
    const processes = processTimes();
    const { application, postgres } = running.pids;
    return { application: cpuMsBelow(application, processes), postgres: cpuMsBelow(postgres, processes) };
  };
  try {
    const before = used();
    const window = await load(running, clients, seconds);
    await sleep(SETTLE_MS);
    const after = used();
    const counted = {
      ...window,
      applicationCpuMs: after.application - before.application,
      postgresCpuMs: after.postgres - before.postgres,
    };
    windows.set(clients, [...(windows.get(clients) ?? []), counted]);
    tell(`${system.title}; clients: ${clients}: ${(window.done / window.seconds).toFixed(1)} a second`);
  } catch (error) {
    misses.push({ clients, error: messageOf(error) });
    tell(`${system.title}; clients: ${clients}: not measured: ${messageOf(error)}`);
  }
}

/** In a process of its own each time, so that one that hangs cannot hold up the next. */
async function load(running: RunningSystem, clients: number, seconds: number): Promise<PeerWindow> {
  const worker = new Worker<PeerJob, PeerWindow>("peers/load.ts");
  try {
    return await worker.ask({ shop: await running.shop(clients), clients, seconds });
  } finally {
    await worker.stop();
  }
}

function resultsOf(
  contenders: readonly Contender[],
  { seconds, windows, clients }: PeerOptions,
): Omit<PeerResults, "also"> {
  const systems = contenders.map(({ system, version, windows: counted, misses }): SystemResult => {
    const measured = [...counted].filter(([count]) => !misses.some((miss) => miss.clients === count));
    const figures = measured.map(([count, taken]) => peerFigure(count, taken));
    return { name: system.name, title: system.title, version, figures, misses };
  });
  return {
    date: new Date().toISOString(),
    commit: commit(),
    machine: machine(),
    setup: { seconds, windows, clients },
    systems,
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function tell(line: string): void {
  console.error(line);
}

try {
  process.exitCode = await main(parsePeerOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof UsageError ? `${error.message}\n\n${USAGE}` : `bench: ${messageOf(error)}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
